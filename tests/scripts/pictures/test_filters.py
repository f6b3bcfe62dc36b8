"""The kernels of a network on a sheet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from models.graph.kernels import read_kernels
from models.importing.open_network import open_network
from realtime.sheets.kernels import cells, diverging, signed
from scripts.cli import status


@pytest.mark.parametrize("layer", [None, "block1_conv2", "block5_conv3"])
def test_kernels_of_any_layer_are_drawn(tmp_path: Path, layer: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.png"
    chosen = [] if layer is None else ["--layer", layer]
    assert status(["filters", "-o", str(out), "--width", "800", *chosen]) == 0
    with Pillow.open(out) as sheet:
        assert sheet.width == 800
        assert np.asarray(sheet)[60:-40].std() > 15
    assert (layer or "block1_conv1") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("layer", "cols", "words"),
    [
        ("block2_conv1", 32, "all 32 kernels, 3×3, one column each: how it weighs all 16 inputs"),
        ("block2_conv2", 32, "17 of 32 kernels, 3×3, one row each: how it weighs all 32 inputs"),
    ],
)
def test_slices_lie_so_that_more_fit_in(layer: str, cols: int, words: str) -> None:
    kernels = read_kernels(open_network("world"), layer)
    drawn = cells(kernels, "RGB", (17, 36), shape=9 / 16)
    assert (drawn.cols, drawn.description) == (cols, words)


def test_a_column_holds_the_inputs_of_a_kernel() -> None:
    kernels = read_kernels(open_network("world"), "block2_conv1")
    drawn = cells(kernels, "RGB", (17, 36), shape=9 / 16)
    assert (drawn.pictures[[0, drawn.cols, 1]] == diverging(signed(kernels.weights)[[0, 0, 1], [0, 1, 0]])).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "out.gif"], "its name must end in .png"),
        (["-o", "out.png", "--layer", "conv9"], "layer 'conv9' is not in"),
        (["-o", "out.png", "--width", "10"], "--width takes 640 to 7680"),
        (["-o", "out.png", "--model", "nothing"], "'nothing' is neither a known network nor a file"),
    ],
)
def test_what_cannot_be_drawn_is_one_line_and_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert status(["filters", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_layer_of_several_convolutions_names_its_neighbours(
    assets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--model", str(assets / "weights" / "googlenet.onnx"), "--layer", "inception_3a/output")
    assert status(["filters", "-o", str(tmp_path / "out.png"), *options]) == 2
    assert "computed by Concat, not by a single convolution; try inception_3a/" in capsys.readouterr().err
