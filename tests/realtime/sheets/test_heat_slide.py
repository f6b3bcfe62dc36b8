"""Slides of Grad-CAM."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.imaging.compositing import background
from realtime.sheets.heat_slide import heat_slide


@pytest.mark.parametrize("image_hw", [(40, 60), (60, 40), (1, 1), (30, 3000), (3000, 20)])
def test_slides_hold_any_picture(image_hw: tuple[int, int]) -> None:
    image = np.full((*image_hw, 3), 128, np.uint8)
    slide = heat_slide((540, 960), image, np.ones((2, 2), np.float32), "a very long name " * 9, "words")
    assert slide.shape == (540, 960, 3)
    assert (slide != background((540, 960))).any(axis=2).sum() > 200
    assert (slide[-6:] == background((540, 960))[-6:]).all()
