"""The settings of a show, reused: by `ventral render`, and for another network."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from realtime.saved_settings.read_show import read_show
from scripts.cli import status
from tests.networks import write_headless

CHOSEN = ("--view", "mosaic", "--layer", "block2_conv1", "--set", "tiles/colormap=ocean", "--set", "show/mirror=on")


def render(out: Path, *options: str) -> int:
    return status(["render", "pattern", "--frames", "3", "-o", str(out), *options])


@pytest.mark.parametrize("suffix", [".mp4", ".gif", ""], ids=["mp4", "gif", "folder"])
def test_a_film_is_made_again_from_its_own_settings(tmp_path: Path, suffix: str) -> None:
    made = tmp_path / f"a{suffix}"
    assert render(made, *CHOSEN, "--canvas", "320x180", "--size", "64") == 0
    like = made if suffix else made / "00001.png"
    assert render(tmp_path / "b", "--like", str(like)) == 0
    assert render(tmp_path / "c", *CHOSEN, "--canvas", "320x180", "--size", "64") == 0
    for number in (1, 2, 3):
        again, before = (iio.imread(tmp_path / folder / f"{number:05d}.png") for folder in "bc")
        assert again.shape == (180, 320, 3)
        assert np.array_equal(again, before)


def test_options_replace_what_is_saved(tmp_path: Path) -> None:
    assert render(tmp_path / "a", *CHOSEN, "--canvas", "320x180") == 0
    changed = ("--like", str(tmp_path / "a" / "00001.png"), "--set", "tiles/colormap=photo", "--canvas", "160x120")
    assert render(tmp_path / "b", *changed) == 0
    record = read_show(tmp_path / "b" / "00001.png")
    assert record.values["tiles/colormap"] == "photo"
    assert record.values["show/mirror"] is True
    assert record.options["canvas"] == "160x120"


def test_another_network_takes_the_settings_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    assert render(tmp_path / "a", *CHOSEN) == 0
    other = write_headless(tmp_path / "other.onnx")
    assert render(tmp_path / "b.mp4", "--like", str(tmp_path / "a" / "00001.png"), "--model", str(other)) == 0
    assert "other has no layer block2_conv1; it shows conv2, at a similar depth" in caplog.messages
    assert read_show(tmp_path / "b.mp4").model == "other.onnx"


def test_the_network_is_found_beside_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_headless(tmp_path / "other.onnx")
    assert render(tmp_path / "a.mp4", "--model", str(other)) == 0
    assert str(tmp_path).encode() not in (tmp_path / "a.mp4").read_bytes()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert render(Path("b.mp4"), "--like", "../a.mp4") == 0
    other.unlink()
    assert render(Path("c.mp4"), "--like", "../a.mp4") == 2
    assert (
        "a.mp4 was made with the network other.onnx, which is not here; choose one with --model"
        in capsys.readouterr().err
    )
