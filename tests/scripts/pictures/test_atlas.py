"""`ventral atlas` end to end: a sheet, pages that need nothing else, and pictures that are drawn once."""

from __future__ import annotations

import re
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from models.importing.open_network import open_network
from realtime.channels.portraits import SIDE
from scripts.cli import status
from tests.networks import colour_network


@pytest.fixture
def model(tmp_path: Path) -> Path:
    colour_network(tmp_path / "colours.onnx")
    return tmp_path / "colours.onnx"


def atlas(*words: object) -> int:
    return status(["atlas", *(str(word) for word in words)])


def test_a_sheet_shows_every_channel_and_is_the_same_from_the_cache(tmp_path: Path, model: Path, cache: Path) -> None:
    layer = open_network(str(model)).info.layer("conv2")
    assert atlas("--model", model, "--layer", "conv2", "-o", tmp_path / "first.png") == 0
    kept = sorted(cache.glob("portraits/*/conv2-*/*.png"))
    assert len(kept) >= layer.channels
    before = [path.stat().st_mtime_ns for path in kept]
    assert atlas("--model", model, "--layer", "conv2", "-o", tmp_path / "again.png") == 0
    assert [path.stat().st_mtime_ns for path in kept] == before, "nothing was drawn again"
    first, again = (np.asarray(iio.imread(tmp_path / f"{name}.png")) for name in ("first", "again"))
    assert np.array_equal(first, again)
    assert min(first.shape[:2]) > SIDE


def test_pages_show_every_channel_and_need_nothing_else(tmp_path: Path, model: Path) -> None:
    folder = tmp_path / "atlas"
    assert atlas("--model", model, "-o", folder) == 0
    info = open_network(str(model)).info
    for layer in info.key_layers:
        html = (folder / f"{layer.name}.html").read_text()
        named = re.findall(r'(?:src|href)="([^"]+)"', html)
        assert all((folder / name).is_file() for name in named), "every link leads to a file in the folder"
        assert html.count("<img ") == layer.channels
        assert "http" not in html
        assert {f"{each.name}.html" for each in info.key_layers} <= set(named)
    assert (folder / "index.html").read_text() == (folder / f"{info.key_layers[0].name}.html").read_text()
    assert np.asarray(iio.imread(folder / info.key_layers[0].name / "0.png")).shape == (SIDE, SIDE, 3)


def test_what_cannot_be_written_is_refused(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, message in (
        (("-o", tmp_path / "a.png"), "expected one --layer, or a folder"),
        (("-o", tmp_path / "a.jpg", "--layer", "conv2"), "must end in .png"),
        (("-o", tmp_path / "a.png", "--layer", "conv9"), "layer 'conv9' is not in"),
        (("-o", model), "must end in .png"),
    ):
        assert atlas("--model", model, *words) == 2
        errors = capsys.readouterr().err
        assert message in errors and errors.splitlines()[-1].startswith("ventral: ")
    (tmp_path / "done").mkdir()
    (tmp_path / "done" / "index.html").write_text("mine")
    assert atlas("--model", model, "-o", tmp_path / "done") == 2
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "done" / "index.html").read_text() == "mine"
