"""Every picture command keeps its settings in its file, without folders, and makes the same picture again from them."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from scripts.cli import status
from tests.networks import colour_network
from tests.realtime.outputs.recording.films import flags

COMMANDS = {
    "maps": ("picture", "--layers", "conv2", "--width", "640", "--size", "32"),
    "gradcam": ("picture", "--class", "red"),
    "filters": ("--layer", "conv2", "--width", "700"),
    "atlas": ("--layer", "conv1"),
    "story": ("picture", "--layers", "conv1", "--seconds", "0.3", "--width", "240", "--size", "32"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_picture_is_made_again_from_its_own_settings(
    tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    colour_network(tmp_path / "colours.onnx")
    iio.imwrite(tmp_path / "picture.png", flags((64, 48)))
    options = COMMANDS[command]
    picture = [str(tmp_path / "picture.png")] if options[0] == "picture" else []
    chosen = options[1:] if picture else options
    suffix = ".gif" if command == "story" else ".png"
    first, again = tmp_path / f"first{suffix}", tmp_path / f"again{suffix}"
    model = ("--model", str(tmp_path / "colours.onnx"))
    assert status([command, *picture, "-o", str(first), *chosen, *model]) == 0
    assert str(tmp_path).encode() not in first.read_bytes()
    monkeypatch.chdir(tmp_path.parent)
    assert status([command, *picture, "-o", str(again), "--like", str(first)]) == 0
    assert np.array_equal(iio.imread(first), iio.imread(again))
    other = "maps" if command != "maps" else "gradcam"
    given = [str(tmp_path / "picture.png")]
    assert status([other, *given, "-o", str(tmp_path / "other.png"), "--like", str(first)]) == 2
    assert f"was made by ventral {command}; --like takes a file made by ventral {other}" in capsys.readouterr().err
