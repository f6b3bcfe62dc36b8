"""`ventral layers` shows what a network of the user's own has, and takes what is said about it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx.parser
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


def test_what_stays_in_floats_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["layers", "world", "--precision", "int8"]) == 0
    rows = {line.split()[0]: line.split()[4:] for line in capsys.readouterr().out.splitlines() if "block" in line}
    assert rows["layer"] == ["stays", "in", "fp32"]
    assert not any(rows[f"block{block}_conv1"] for block in range(1, 6))


def test_an_operator_without_integers_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = "a = Conv<kernel_shape=[3,3]>(x, w) b = Relu(a) c = LRN<size=3>(b) y = Conv<kernel_shape=[3,3]>(c, v)"
    model = onnx.parser.parse_model(
        f'<ir_version: 10, opset_import: ["": 18]> net (float[1,3,32,32] x) => (float[1,4,28,28] y) {{ {nodes} }}'
    )
    rng = np.random.default_rng(0)
    for name, shape in (("w", (4, 3, 3, 3)), ("v", (4, 4, 3, 3))):
        model.graph.initializer.append(onnx.numpy_helper.from_array(rng.normal(size=shape).astype(np.float32), name))
    onnx.save(model, tmp_path / "net.onnx")
    assert status(["layers", str(tmp_path / "net.onnx"), "--precision", "int8"]) == 0
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()].count("LRN") == 1


def test_an_empty_name_is_no_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["layers", ""]) == 2
    assert "'' is neither a known network nor a file" in capsys.readouterr().err
