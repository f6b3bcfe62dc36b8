"""`ventral maximize` end to end."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import cv2
import imageio.v3 as iio
import numpy as np
import onnx
import pytest
from PIL import Image as Pillow

from models.spec import RECORD
from scripts.cli import status
from tests.networks import colour_network

QUICK = ("--steps", "8", "--size", "48")


def maximize(*words: object) -> int:
    return status(["maximize", *(str(word) for word in words)])


def pixels(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(iio.imread(path))


def test_one_channel_is_a_picture_that_can_be_made_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    first, again = tmp_path / "first.png", tmp_path / "again.png"
    assert maximize("-o", first, *QUICK, "--layer", "block2_conv2", "--channel", "3", "--seed", "2") == 0
    assert pixels(first).shape == (48, 48, 3)
    assert "channel 3: objective " in caplog.text
    with Pillow.open(first) as file:
        saved = json.loads(file.text["ventral"])["options"]  # type: ignore[attr-defined]
    assert saved | {"layer": "block2_conv2", "channel": "3", "steps": 8, "seed": 2, "size": 48} == saved
    assert maximize("-o", again, "--like", first) == 0
    assert (pixels(again) == pixels(first)).all()
    assert maximize("-o", again, "--like", first, "--channel", "4", "--force") == 0
    assert (pixels(again) != pixels(first)).any()


def test_several_channels_are_a_sheet_each_as_if_alone(tmp_path: Path) -> None:
    sheet, alone = tmp_path / "sheet.png", tmp_path / "alone.png"
    assert maximize("-o", sheet, *QUICK, "--layer", "block2_conv1", "--channel", "3,17,0,9") == 0
    assert maximize("-o", alone, *QUICK, "--layer", "block2_conv1", "--channel", "17") == 0
    drawn, picture = pixels(sheet), pixels(alone)
    assert drawn.shape[0] > 2 * 48
    assert drawn.shape[1] > 3 * 48
    places = np.argwhere((drawn[:, :, 0] == picture[0, 0, 0]) & (drawn[:, :, 1] == picture[0, 0, 1]))
    parts = (drawn[top : top + 48, left : left + 48] for top, left in places)
    assert any(part.shape == picture.shape and (part == picture).all() for part in parts)


def test_one_unit_is_drawn_where_it_lies(tmp_path: Path) -> None:
    words = ("--layer", "block1_conv2", "--channel", "3", "--steps", "24", "--size", "64")
    assert maximize("-o", tmp_path / "left.png", *words, "--unit", "0.1,0.5") == 0
    assert maximize("-o", tmp_path / "right.png", *words, "--unit", "0.9,0.5") == 0
    assert maximize("-o", tmp_path / "again.png", "--like", tmp_path / "left.png") == 0
    assert (pixels(tmp_path / "left.png") == pixels(tmp_path / "again.png")).all()
    for name, there, elsewhere in (("left", slice(0, 20), slice(44, 64)), ("right", slice(44, 64), slice(0, 20))):
        drawn = pixels(tmp_path / f"{name}.png").astype(float)
        assert drawn[:, there].std() > 1.3 * drawn[:, elsewhere].std()


@pytest.mark.parametrize("apart", [False, True])
def test_a_class_is_maximized(tmp_path: Path, apart: bool) -> None:
    colour_network(tmp_path / "colours.onnx", apart=apart)
    out = tmp_path / "out.png"
    words = ("--size", "32")
    assert maximize("-o", out, "--model", tmp_path / "colours.onnx", "--class", "green", "--steps", "40", *words) == 0
    drawn = pixels(out)
    assert drawn.shape == (32, 32, 3)
    assert drawn[..., 1].mean() > 180


REFUSED = [
    ((), "expected either --layer and --channel, or --class alone"),
    (("--layer", "block2_conv1"), "expected either --layer and --channel, or --class alone"),
    (("--class", "cat", "--layer", "block2_conv1"), "expected either --layer and --channel, or --class alone"),
    (("--class", "quark"), "world has no class 'quark'"),
    (("--layer", "conv9", "--channel", "1"), "layer 'conv9' is not in world"),
    (("--layer", "block2_conv1", "--channel", "32"), "channel 32 is not in block2_conv1, which has channels 0 to 31"),
    (("--layer", "block2_conv1", "--channel", "3,32"), "channel 32 is not in block2_conv1, which has channels 0 to 31"),
    (("--layer", "block2_conv1", "--channel", "-1"), "channel -1 is not in block2_conv1"),
    (("--layer", "block2_conv1", "--channel", "a,b"), "--channel takes numbers such as 3,17, but got 'a,b'"),
    (("--layer", "block2_conv1", "--channel", ",".join("1" * 99)), "--channel takes 1 to 64 channels, but got 99"),
    (("--layer", "block2_conv1", "--channel", "1", "--size", "8"), "--size takes 32 to 4096, but got 8"),
    (("--layer", "block2_conv1", "--channel", "1", "--steps", "0"), "--steps takes 1 to 10000"),
    (("--layer", "block2_conv1", "--channel", "1", "--unit", "2,0"), "--unit takes two numbers from 0 to 1"),
    (("--layer", "block2_conv1", "--channel", "1", "--unit", "0.5"), "--unit takes two numbers from 0 to 1"),
    (("--layer", "block2_conv1", "--channel", "1", "--unit", "left"), "--unit takes two numbers"),
    (("--class", "cat", "--unit", "0.5,0.5"), "a class has no position"),
    (("--like", "nowhere.png"), "nowhere.png has no saved settings"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), REFUSED, ids=lambda each: " ".join(each) if isinstance(each, tuple) else ""
)
def test_invalid_options_are_refused_in_one_line_before_the_ascent(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    caplog.set_level("INFO")
    assert maximize("-o", tmp_path / "out.png", *arguments) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.count("\n") == 1
    assert "objective" not in caplog.text
    assert not list(tmp_path.iterdir())


def test_a_size_that_the_network_does_not_take_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    info, path = colour_network(tmp_path / "colours.onnx"), tmp_path / "colours.onnx"
    model = onnx.load(path)
    fixed = dataclasses.replace(info, input=dataclasses.replace(info.input, fixed_hw=(64, 40)))
    onnx.helper.set_model_props(model, {RECORD: fixed.to_json()})
    path.write_bytes(model.SerializeToString())
    assert maximize("-o", tmp_path / "out.png", "--model", path, "--layer", "conv2", "--channel", 0, "--size", 48) == 2
    assert "--size is 48, but colours needs at least 64 pixels" in capsys.readouterr().err


def test_a_large_picture_has_the_composition_of_a_small_one_and_finer_detail(tmp_path: Path) -> None:
    words = ("--layer", "block3_conv2", "--channel", "3", "--steps", "24")
    assert maximize("-o", tmp_path / "small.png", *words, "--size", "224") == 0
    assert maximize("-o", tmp_path / "large.png", *words, "--size", "400") == 0
    small, large = pixels(tmp_path / "small.png"), pixels(tmp_path / "large.png")
    assert large.shape == (400, 400, 3)
    enlarged = cv2.resize(small, (400, 400), interpolation=cv2.INTER_CUBIC)
    likeness = np.corrcoef(cv2.GaussianBlur(large, (0, 0), 4).ravel(), cv2.GaussianBlur(enlarged, (0, 0), 4).ravel())[
        0, 1
    ]
    assert likeness > 0.9
    assert cv2.Laplacian(large, cv2.CV_32F).std() > 1.3 * cv2.Laplacian(enlarged, cv2.CV_32F).std()


def test_a_picture_is_large_if_no_size_is_given(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    assert maximize("-o", tmp_path / "out.png", "--layer", "block1_conv1", "--channel", "3", "--steps", "4") == 0
    assert pixels(tmp_path / "out.png").shape == (1280, 1280, 3)
