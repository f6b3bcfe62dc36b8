"""Each kind of network that people bring, through the commands that show it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from scripts.cli import status
from tests.models.importing.kinds.cases import CASES, write_case

SMALL_SHOW = ("--source", "pattern", "--sink", "none", "--frames", "20", "--canvas", "320x180")


@pytest.fixture
def photograph(tmp_path: Path) -> str:
    """A smooth picture of 96x72 pixels."""
    noise = np.random.default_rng(5).uniform(0, 255, (72, 96, 3)).astype(np.float32)
    smooth = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 4), None, 0, 255, cv2.NORM_MINMAX)  # type: ignore[call-overload]
    path = tmp_path / "photograph.png"
    cv2.imwrite(str(path), np.asarray(smooth, np.uint8))
    return str(path)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_network_is_listed_drawn_told_dreamt_and_shown_live(
    tmp_path: Path, photograph: str, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path, out = str(write_case(name, tmp_path)), tmp_path / "out"
    out.mkdir()
    commands = (
        ["layers", path],
        ["maps", photograph, "-o", str(out / "maps.png"), "--width", "640"],
        ["story", photograph, "-o", str(out / "story.mp4"), "--width", "320", "--seconds", "0.2"],
        ["dream", photograph, "-o", str(out / "dream.png"), "--width", "640", "--octaves", "1", "--steps", "1"],
        ["live", *SMALL_SHOW, "--report", str(out / "report.json")],
    )
    for command in commands:
        assert status([*command, "--model", path] if command[0] != "layers" else command) == 0, command
    assert "Traceback" not in capfd.readouterr().err
    assert {each.name for each in out.iterdir()} == {"maps.png", "story.mp4", "dream.png", "report.json"}
