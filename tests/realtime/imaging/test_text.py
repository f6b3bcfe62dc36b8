from __future__ import annotations

import os

import numpy as np
import pytest

from realtime.imaging.text import text_width, write

TEXTS = [os.fsdecode(b"M\xfcnchen"), "\ud800", "M\N{REPLACEMENT CHARACTER}nchen", "🎬", "a\u202eb", "\x07"]


@pytest.mark.parametrize("text", TEXTS)
def test_what_no_font_has_is_drawn_all_the_same(text: str) -> None:
    image = np.zeros((40, 300, 3), np.uint8)
    assert write(image, text, 4, 30, 20, (255, 255, 255)) == text_width(text, 20) > 0
