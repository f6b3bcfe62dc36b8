from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from realtime.imaging.frame import Image
from realtime.outputs.recording.loops.order import bounce, seamless
from realtime.outputs.recording.loops.seam import Seam


def grey(value: int) -> Image:
    return np.full((2, 2, 3), value, np.uint8)


def read(first: int, end: int) -> Iterator[Image]:
    return map(grey, range(first, end))


def values(images: Iterator[Image]) -> list[int]:
    return [int(image[0, 0, 0]) for image in images]


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
@pytest.mark.parametrize("frames", [1, 2, 3, 7, 8])
def test_forwards_then_backwards_without_the_ends(frames: int, chunk: int) -> None:
    there = list(range(frames))
    assert values(bounce(read, frames, chunk=chunk)) == there + there[-2:0:-1]


def test_no_more_than_a_chunk_is_read_at_once() -> None:
    asked = list[int]()

    def noted(first: int, end: int) -> Iterator[Image]:
        asked.append(end - first)
        return read(first, end)

    assert len(list(bounce(noted, 50, chunk=8))) == 98
    assert max(asked[1:]) == 8


def test_a_seam_without_a_fade_is_a_cut() -> None:
    assert values(seamless(read, Seam(3, 9))) == [3, 4, 5, 6, 7, 8]


def test_the_last_frames_dissolve_into_those_before_the_first() -> None:
    shown = values(seamless(read, Seam(20, 104, 4)))
    assert shown[:80] == list(range(20, 100))
    assert shown[80:] == pytest.approx([0.8 * 100 + 0.2 * 16, 0.6 * 101 + 0.4 * 17, 0.4 * 102 + 0.6 * 18, 35.8], abs=1)
