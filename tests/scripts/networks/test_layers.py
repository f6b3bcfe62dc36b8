"""`ventral layers` shows what a network of the user's own has, and takes what is said about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.cli import status
from tests.models.importing.nets import CLASSES, squeeze
from tests.models.importing.reference import save


def test_layers_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, labels = save(squeeze(), tmp_path), tmp_path / "labels.txt"
    labels.write_text("\n".join(f"kind {number}" for number in range(CLASSES)))
    assert status(["layers", str(path), "--labels", str(labels), "--colours", "BGR", "--mean", "104,117,123"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "net, weights: net.onnx"
    assert lines[1].startswith("input: BGR, (pixel - (104, 117, 123))")
    assert lines[2] == "7 classes: kind 0, kind 1, kind 2 ..."
    assert [line.split()[:4] for line in lines if line.startswith("fire2/concat")] == [["fire2/concat", "8", "2", "1"]]


def test_model_may_be_named_either_way(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["layers", "auto"]) == 0
    first = capsys.readouterr().out
    assert status(["layers", "--model", "auto"]) == 0
    assert capsys.readouterr().out == first
    assert len(first.splitlines()) > 5
    assert status(["layers", "auto", "--model", "world"]) == 2
    assert "expected one network, but got 'auto' and --model 'world'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [["--mean", "red"], ["--colours", "PINK"], ["--input-layout", "CHWN"], ["--scale", "0"]]
)
def test_what_makes_no_sense_is_one_line(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["layers", "auto", *option]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_empty_name_is_no_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["layers", ""]) == 2
    assert "'' is neither a known network nor a file" in capsys.readouterr().err
