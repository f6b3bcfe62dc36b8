"""`ventral features` end to end: pictures, sheets and films, read back."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image as Pillow

from scripts.cli import status
from tests.realtime.outputs.recording.films import read_film

SMALL = ("--size", "96")


def features(*words: object) -> int:
    return status(["features", *(str(word) for word in words)])


def pixels(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(iio.imread(path))


def pattern(shift: int = 0) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Stripes at the left and at the right, and between them a grey area; the left stripes move by `shift`."""
    image = np.full((120, 240, 3), 128, np.uint8)
    stripes = np.where(np.arange(80) // 4 % 2, 40, 220).astype(np.uint8)
    image[:, :80] = np.roll(stripes, shift)[None, :, None]
    image[:, 160:] = stripes[None, :, None]
    return image


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    iio.imwrite(tmp_path / "in.png", pattern())
    return tmp_path / "in.png"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A grey picture, cut to the pattern."""
    path = tmp_path / "in.mp4"
    frames = [np.full((120, 240, 3), 128, np.uint8)] * 6 + [pattern(step) for step in range(6)]
    iio.imwrite(path, np.stack(frames), fps=12, macro_block_size=1)
    return path


def hue(
    image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], x: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The colour around a place in the middle row, at unit length: light and shadow do not count."""
    height, width = image.shape[:2]
    mean = image[height // 3 : 2 * height // 3, round((x - 0.04) * width) : round((x + 0.04) * width)].mean((0, 1))
    return np.asarray(mean / np.linalg.norm(mean))


def test_the_same_features_have_the_same_colour(tmp_path: Path, picture: Path) -> None:
    out = tmp_path / "out.png"
    assert features(picture, "-o", out, *SMALL, "--layer", "block3_conv3") == 0
    drawn = pixels(out)
    assert drawn.shape == (640, 1280, 3)
    left, middle, right = (hue(drawn, x) for x in (0.12, 0.5, 0.88))
    assert np.linalg.norm(left - right) < 0.3 * np.linalg.norm(left - middle)


def test_settings_make_the_same_picture_again(tmp_path: Path, picture: Path) -> None:
    first, again = tmp_path / "first.png", tmp_path / "again.png"
    assert features(picture, "-o", first, *SMALL, "--clusters", "3") == 0
    with Pillow.open(first) as file:
        saved = json.loads(file.text["ventral"])["options"]  # type: ignore[attr-defined]
    assert saved | {"size": 96, "mode": "clusters", "clusters": 3, "layer": ["block5_conv3"]} == saved
    assert features(picture, "-o", again, "--like", first) == 0
    assert (pixels(first) == pixels(again)).all()


def test_what_is_similar_to_a_place_is_lit_and_the_rest_is_not(tmp_path: Path, picture: Path) -> None:
    out, without = tmp_path / "out.png", tmp_path / "without.png"
    words = (picture, *SMALL, "--layer", "block3_conv3", "--similar", "0.15,0.5")
    assert features(*words, "-o", out) == 0
    light = [pixels(out)[200:440, round(x * 1280) - 60 : round(x * 1280) + 60].mean() for x in (0.15, 0.5, 0.85)]
    assert light[0] > 2 * light[1] and light[2] > 2 * light[1]
    assert features(*words, "-o", without, "--not-similar", "0.85,0.5") == 0
    assert pixels(without)[200:440, 1028:1148].mean() < 0.7 * light[2], "the same features are now examples of both"


def test_several_layers_are_a_sheet(tmp_path: Path, picture: Path) -> None:
    assert (
        features(picture, "-o", tmp_path / "two.png", *SMALL, "--layer", "block1_conv1", "--layer", "block2_conv1") == 0
    )
    assert features(picture, "-o", tmp_path / "all.png", *SMALL, "--layers", "all", "--mode", "picture") == 0
    two, every = (pixels(tmp_path / f"{name}.png") for name in ("two", "all"))
    assert two.shape[1] > 1280 and every.shape[1] > 1280
    assert every.shape[0] > 1.5 * two.shape[0]


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_a_film_has_the_colours_of_the_whole_film_from_its_first_frame(tmp_path: Path, film: Path, suffix: str) -> None:
    out = tmp_path / f"out{suffix}"
    assert features(film, "-o", out, *SMALL, "--layer", "block3_conv3") == 0
    pictures, seconds = read_film(out)
    assert seconds == pytest.approx(1.0, abs=0.05)
    assert pictures[0].shape == (120, 240, 3)
    first, last = hue(pictures[0], 0.5), hue(pictures[-1], 0.5)
    stripes = hue(pictures[-1], 0.12)
    assert np.linalg.norm(first - last) < 0.4 * np.linalg.norm(last - stripes), "grey keeps its colour over the cut"


def test_a_film_may_be_cut_short(tmp_path: Path, film: Path) -> None:
    assert features(film, "-o", tmp_path / "out.mp4", *SMALL, "--frames", "3", "--mode", "clusters") == 0
    assert len(read_film(tmp_path / "out.mp4")[0]) == 3


def test_both_eyes_of_a_cat_are_similar(tmp_path: Path, assets: Path) -> None:
    out = tmp_path / "out.png"
    model = assets / "weights" / "googlenet.onnx"
    assert features(assets / "media" / "chelsea.jpg", "-o", out, "--model", model, "--similar", "0.4,0.37") == 0
    drawn = cv2.cvtColor(pixels(out), cv2.COLOR_RGB2HSV)[..., 1].astype(float)  # all but the lit places is grey
    height, width = drawn.shape
    eye = drawn[round(0.35 * height) : round(0.5 * height), round(0.67 * width) : round(0.74 * width)].mean()
    assert eye > 4 * drawn[: height // 5].mean()
    assert eye > 4 * drawn[-height // 5 :].mean()


REFUSED = [
    (("--mode", "similar"), "--mode similar needs a place, such as --similar 0.4,0.3"),
    (("--similar", "0.4"), "--similar takes two numbers from 0 to 1, such as 0.4,0.3, but got '0.4'"),
    (("--similar", "2,0"), "--similar takes two numbers from 0 to 1, such as 0.4,0.3, but got '2,0'"),
    (("--not-similar", "0.4,0.3"), "needs"),
    (("--mode", "colour", "--clusters", "3"), "--clusters needs --mode clusters, but the mode is colour"),
    (("--clusters", "1"), "--clusters takes 2 to 16"),
    (("--layer", "conv9"), "layer 'conv9' is not in world"),
]


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_invalid_options_are_refused_in_one_line(
    tmp_path: Path, picture: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    assert features(picture, "-o", tmp_path / "out.png", *words) == 2
    errors = capsys.readouterr().err
    assert message in errors and errors.count("\n") == 1
    assert not (tmp_path / "out.png").exists()


def test_a_file_of_the_wrong_kind_is_refused(tmp_path: Path, film: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert features(film, "-o", tmp_path / "out.png") == 2
    assert "must end in .mp4 or .gif" in capsys.readouterr().err
    assert features(film, "-o", tmp_path / "out.mp4", "--layers", "all") == 2
    assert "a video takes one --layer, but got 13" in capsys.readouterr().err
    assert features(tmp_path / "nowhere.mp4", "-o", tmp_path / "out.mp4") == 2
    assert "there is no file" in capsys.readouterr().err


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["features", str(tmp_path / "gone.jpg"), "-o", str(tmp_path / "out.png")]) == 2
    assert "there is no file" in capsys.readouterr().err
