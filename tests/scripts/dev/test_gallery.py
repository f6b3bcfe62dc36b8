"""The gallery: every view and preset is in it, and an exhibit shows frames of its film."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from realtime.controls.read_preset import SHIPPED
from realtime.views.registry import find_views
from scripts.dev.exhibits import ROOMS, Exhibit
from scripts.dev.gallery import GAP, SIDE, draw

OPTIONS = "--view camera --canvas 320x180 --set show/caption=off"
ALL = [exhibit for room in ROOMS for exhibit in room.exhibits]


def test_every_view_and_every_preset_is_shown() -> None:
    options = " ".join(exhibit.options for exhibit in ALL)
    assert {view.name for view in find_views()} - {"dream"} <= set(options.split())
    assert set(SHIPPED) <= set(options.split())
    assert len({exhibit.command for exhibit in ALL}) == len(ALL)


def test_an_exhibit_is_the_last_frame(tmp_path: Path) -> None:
    picture = np.full((90, 160, 3), (40, 90, 200), np.uint8)
    cv2.imwrite(str(tmp_path / "red.png"), picture)
    exhibit = Exhibit(
        "red", "A red room.", "red.png", "--view camera --canvas 320x180 --set show/caption=off", frames=3
    )
    frame = draw(exhibit, tmp_path, tmp_path)
    assert frame.shape[1] == SIDE
    assert np.abs(frame[frame.shape[0] // 2, SIDE // 2].astype(int) - (40, 90, 200)).max() < 12


def test_an_exhibit_that_moves_is_three_frames(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "red.png"), np.full((90, 160, 3), (40, 90, 200), np.uint8))
    strip = draw(Exhibit("red", "A red room.", "red.png", OPTIONS, frames=6, moves=True), tmp_path, tmp_path)
    assert strip.shape[1] / strip.shape[0] > 3 * 320 / 180
    assert (strip[0, strip.shape[1] // 2] < 250).any()
    assert (strip == 255).all(axis=(0, 2)).sum() == 2 * GAP
