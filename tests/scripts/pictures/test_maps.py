"""The sheet of feature maps, its report, and its standard output."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image as Pillow

from scripts.cli import status
from tests.models.importing.nets import CLASSES, Net

SMALL = ("--size", "64", "--width", "640")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "cat.png"
    Pillow.fromarray(np.random.default_rng(1).integers(0, 256, (60, 90, 3), dtype=np.uint8)).save(path)
    return path


@pytest.mark.parametrize("width", [640, 1500])
def test_a_sheet_is_as_wide_as_asked_and_lit(picture: Path, width: int) -> None:
    out = picture.with_name("out.png")
    assert status(["maps", str(picture), "-o", str(out), "--size", "64", "--width", str(width)]) == 0
    with Pillow.open(out) as sheet:
        assert sheet.width == width
        assert 0.4 < sheet.height / width < 0.8
        assert np.asarray(sheet)[:, round(width * 0.3) :].mean() > 25


def test_the_report_says_what_is_drawn(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, report = picture.with_name("out.png"), picture.with_name("out.json")
    options = ("--layers", "block5_conv3,block1_conv1", "--count", "6", "--report", str(report))
    assert status(["maps", str(picture), "-o", str(out), *SMALL, *options]) == 0
    record = json.loads(report.read_text())
    assert [layer["name"] for layer in record["layers"]] == ["block1_conv1", "block5_conv3"]
    assert all(len(set(layer["channels"])) == 6 for layer in record["layers"])
    assert (len(record["predictions"]), record["model"], record["weights"]) == (5, "world", "trained")
    assert capsys.readouterr().out.count("\n") == 5


def flattening() -> onnx.ModelProto:
    """A network whose first dense layer has a weight for every place of a picture of 32x32."""
    net = Net()
    flat = net.op("Flatten", net.op("Relu", net.conv("input", 3, 8)))
    net.op("Gemm", flat, net.random(8 * 32 * 32, CLASSES), out="scores")
    return net.model([1, 3, 32, 32], {"scores": [1, CLASSES]})


def test_a_network_whose_classifier_takes_one_size_is_drawn_at_any(picture: Path) -> None:
    network, out = picture.with_name("plain.onnx"), picture.with_name("out.png")
    onnx.save(flattening(), network)
    assert status(["maps", str(picture), "-o", str(out), *SMALL, "--model", str(network)]) == 0
    with Pillow.open(out) as sheet:
        assert sheet.width == 640


def test_a_classifier_names_the_picture(assets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights, cat = assets / "weights", assets / "media" / "chelsea.jpg"
    options = ("--model", str(weights / "googlenet.onnx"), "--labels", str(weights / "imagenet_labels.txt"))
    out, report = tmp_path / "out.png", tmp_path / "out.json"
    arguments = ["maps", str(cat), "-o", str(out), *options, "--report", str(report), "--layers", "conv1/7x7_s2"]
    assert status(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    predictions = [(float(share) / 100, label) for share, _, label in (line.partition(" %  ") for line in lines)]
    assert predictions[0][1] == "Egyptian cat"
    assert predictions == sorted(predictions, reverse=True)
    record = json.loads(report.read_text())["predictions"]
    assert [each["label"] for each in record] == [label for _, label in predictions]
    assert record[0]["probability"] == pytest.approx(predictions[0][0], abs=5e-3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cat.png", "-o", "out.gif"], "its name must end in .png"),
        (["cat.png", "-o", "out.png", "--report", "out.txt"], "its name must end in .json"),
        (["cat.png", "-o", "cat.png"], "exists already"),
        (["cat.png", "-o", "out.png", "--width", "500"], "--width takes 640 to 7680"),
        (["cat.png", "-o", "out.png", "--count", "0"], "--count takes 1 or more, but got 0"),
        (["cat.png", "-o", "out.png", "--layers", "conv9"], "layer 'conv9' is not in"),
        (["missing.png", "-o", "out.png"], "missing.png: No such file"),
        ([".", "-o", "out.png"], "Is a directory"),
    ],
)
def test_what_cannot_be_drawn_is_one_line_and_leaves_nothing(
    picture: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(picture.parent)
    assert status(["maps", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert [path.name for path in picture.parent.iterdir()] == ["cat.png"]
