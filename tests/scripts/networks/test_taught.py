"""The command that teaches a small network: with and without classes, and what its report shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from models.importing.open_network import open_network
from models.zoo import BUNDLED
from realtime.imaging.reading.read_picture import read_picture
from realtime.inference.engine import Engine
from realtime.inference.predictions import classify
from realtime.inference.providers import CPU
from scripts.cli import status
from tests.pictures import ODD, colours

OPTIONS = ("--teacher", BUNDLED, "--epochs", "1", "--size", "32", "--batch", "8")


@pytest.fixture(scope="module", autouse=True)
def small() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.training.distillation.batches.MIN_CROPS", 32)
        patch.setattr("scripts.networks.report.activation_maximization.MAX_STEPS", 16)
        patch.setattr("scripts.networks.report.distillation.SAMPLES", 2)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return colours(tmp_path_factory.mktemp("in") / "pictures")


@pytest.fixture(scope="module")
def labelled(folder: Path) -> Path:
    out = folder.parent / "labelled"
    layers = ("--teacher-layers", "block2_conv2", "--teacher-layers", "block4_conv1")
    assert status(["train", str(folder), "-o", str(out), *OPTIONS, *layers, "--unlabelled", "green"]) == 0
    return out


@pytest.fixture(scope="module")
def unlabelled(folder: Path) -> Path:
    out = folder.parent / "unlabelled"
    assert status(["train", str(folder / "red"), "-o", str(out), *OPTIONS]) == 0
    return out


@pytest.mark.timeout(300)
def test_the_report_shows_the_agreement_with_the_teacher(labelled: Path) -> None:
    text = (labelled / "report.html").read_text()
    titles = re.findall(r"<h2>(.*?)</h2>", text)
    assert titles.index("Agreement with the teacher") == titles.index("Learning curves") + 1
    assert "Features as colour" in titles
    assert (labelled / "agreement.png").exists()
    rows = re.findall(r"<td>(block\d_conv\d)</td><td>(block\d_conv\d)</td><td>(-?\d\.\d\d)</td>", text)
    assert [row[:2] for row in rows] == [("block2_conv2", "block2_conv2"), ("block4_conv1", "block4_conv3")]
    [epoch] = json.loads((labelled / "metrics.json").read_text())["epochs"]
    assert list(epoch["agreement"]) == ["block2_conv2", "block4_conv1"]


def test_pictures_without_a_class_become_something_else(labelled: Path) -> None:
    metrics = json.loads((labelled / "metrics.json").read_text())
    labels = (ODD, "red", "something else")
    assert [each["name"] for each in metrics["classes"]] == list(labels)
    assert metrics["validation_pictures"] == sum(map(sum, metrics["confusion"])) == 6
    assert 0 <= metrics["calibration_error"] <= 1
    assert open_network(str(labelled)).info.scores.labels == labels
    assert (labelled / "labels.txt").read_text().splitlines() == list(labels)


@pytest.mark.timeout(300)
def test_pictures_without_classes_get_those_of_the_teacher(unlabelled: Path, folder: Path) -> None:
    assert f"that {BUNDLED} predicts" in (unlabelled / "report.html").read_text()
    network = open_network(str(unlabelled))
    assert network.info.scores.labels == open_network(BUNDLED).info.scores.labels
    image = read_picture(folder / "red" / "0.png")
    with Engine(CPU) as engine:
        [best] = classify(engine, network, image, count=1)
    assert best.label in network.info.scores.labels
    [skipped] = json.loads((unlabelled / "metrics.json").read_text())["skipped"]
    assert skipped.startswith("red/<i>.jpg: not a supported picture")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("missing", *OPTIONS), "cannot read the folder"),
        (("empty", *OPTIONS), "no readable picture in the folder"),
        (("pictures", "--teacher", "nobody.onnx"), "'nobody.onnx' is neither a known network nor a file"),
        (("pictures", "--teacher", "pictures/red/0.png"), "is a picture; show it with --source"),
    ],
)
def test_a_wrong_teacher_and_no_pictures_end_in_one_line(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.chdir(folder.parent)
    (folder.parent / "empty").mkdir(exist_ok=True)
    assert status(["train", *arguments, "-o", "out"]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert not (folder.parent / "out").exists()
