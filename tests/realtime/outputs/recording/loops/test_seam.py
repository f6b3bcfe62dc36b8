from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from realtime.outputs.recording.loops.seam import Seam, find_seam

FPS = 20.0


def disc(turns: float) -> NDArray[np.uint8]:
    """A bright disc on its way round a circle."""
    x, y = 32 + 20 * np.cos(2 * np.pi * turns), 18 + 10 * np.sin(2 * np.pi * turns)
    columns, rows = np.meshgrid(np.arange(64), np.arange(36))
    return np.asarray(255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 30), np.uint8)


def test_a_film_that_returns_is_cut_where_it_does() -> None:
    """Two seconds a turn, and 3.3 turns: the longest whole number of turns is three."""
    film = np.stack([disc(step / 40) for step in range(132)])
    seam = find_seam(film, FPS)
    assert seam is not None and seam.fade == 0
    assert seam.end - seam.first == pytest.approx(120, abs=1)


def test_the_motion_must_go_on() -> None:
    """A disc that swings is at each place twice in a period: on its way there, and on its way back."""
    film = np.stack([disc(0.25 * np.sin(2 * np.pi * step / 80)) for step in range(110)])
    seam = find_seam(film, FPS)
    assert seam is not None
    assert seam.end - seam.first == pytest.approx(80, abs=3)


def test_a_film_that_never_returns_is_dissolved() -> None:
    film = np.stack([np.roll(disc(0), step // 2, axis=1) // 2 + step for step in range(100)])
    seam = find_seam(film, FPS)
    assert seam is not None and seam.fade == 10
    assert seam.first >= 10 and seam.end <= 100 and seam.end - seam.first >= 50


@pytest.mark.parametrize(("frames", "found"), [(30, False), (44, False), (46, True)])
def test_a_loop_is_never_too_short(frames: int, found: bool) -> None:
    seam = find_seam(np.stack([disc(step / 20) for step in range(frames)]), FPS)
    assert (seam is not None) == found
    assert seam is None or seam.end - seam.first >= 30


def test_a_still_film_is_kept_nearly_whole() -> None:
    seam = find_seam(np.stack([disc(0)] * 60), FPS)
    assert seam is not None and seam.fade == 0 and seam.end - seam.first >= 55


def test_a_long_film_takes_little_memory() -> None:
    """Only its beginning and its end are compared."""
    film = np.zeros((20_000, 2, 2), np.uint8)
    film[:, 0] = film[:, 1] = 37 * np.arange(20_000)[:, None] % 250
    seam = find_seam(film, FPS)
    assert seam is not None and seam.end - seam.first > 19_000


def test_what_was_cut_is_said() -> None:
    assert Seam(5, 85).describe(FPS) == "a seamless loop of 0.25 to 4.25 s"
    assert Seam(10, 50, 10).describe(FPS) == "a seamless loop of 0.50 to 2.50 s, with a cross-fade of 0.5 s"
