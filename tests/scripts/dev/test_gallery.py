"""The gallery: every view and preset is in it, and an exhibit is the last frame of its film."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from realtime.controls.read_preset import SHIPPED
from realtime.views.registry import find_views
from scripts.dev.gallery import EXHIBITS, WIDTH, Exhibit, last_frame

ALL = [exhibit for shown in EXHIBITS.values() for exhibit in shown]


def test_every_view_and_every_preset_is_shown() -> None:
    options = " ".join(exhibit.options for exhibit in ALL)
    assert {view.name for view in find_views()} - {"dream"} <= set(options.split())
    assert set(SHIPPED) <= set(options.split())
    assert len({exhibit.command for exhibit in ALL}) == len(ALL)


def test_an_exhibit_is_the_last_frame(tmp_path: Path) -> None:
    picture = np.full((90, 160, 3), (40, 90, 200), np.uint8)
    cv2.imwrite(str(tmp_path / "red.png"), picture)
    exhibit = Exhibit("red", "red.png", "--view camera --canvas 320x180 --set show/caption=off", frames=3)
    frame = last_frame(exhibit, tmp_path, tmp_path)
    assert frame.shape[1] == WIDTH
    assert np.abs(frame[frame.shape[0] // 2, WIDTH // 2].astype(int) - (40, 90, 200)).max() < 12
