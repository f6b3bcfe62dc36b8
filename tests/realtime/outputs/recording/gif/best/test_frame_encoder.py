from __future__ import annotations

import io
from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageSequence

from realtime.outputs.recording.gif.best.blocks import TRAILER, header
from realtime.outputs.recording.gif.best.frame_encoder import FrameEncoder
from realtime.outputs.recording.gif.parameters import GifParameters

SIZE_WH = (96, 64)


def spots(seed: int) -> NDArray[np.uint8]:
    small = np.random.default_rng(seed).integers(90, 160, (8, 12, 3), np.uint8)
    return np.asarray(cv2.resize(small, SIZE_WH, interpolation=cv2.INTER_CUBIC), np.uint8)


def written(images: list[NDArray[np.uint8]], *, loss: int = 100, colours: int = 256) -> list[bytes]:
    encoder = FrameEncoder(GifParameters(20, SIZE_WH, colours, loss))
    return [encoder.encode(image, hundredths=5) for image in images]


def seen(frames: list[bytes]) -> list[NDArray[np.uint8]]:
    """What Pillow shows."""
    content = header(SIZE_WH, loops=0) + b"".join(frames) + TRAILER
    with Pillow.open(io.BytesIO(content)) as gif:
        return [np.asarray(each.convert("RGB")) for each in ImageSequence.Iterator(gif)]


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(10 * np.log10(255**2 / np.square(one.astype(float) - other).mean()))


def test_another_reader_sees_nearly_what_was_written() -> None:
    images = [np.roll(spots(0), 3 * step, axis=1) for step in range(8)]
    shown = seen(written(images, loss=100))
    assert len(shown) == 8
    assert all(psnr(one, other) > 33 for one, other in zip(images, shown, strict=True))


def test_a_larger_loss_makes_it_smaller() -> None:
    images = [np.roll(spots(0), 3 * step, axis=1) for step in range(8)]
    sizes = [sum(map(len, written(images, loss=loss))) for loss in (0, 50, 200)]
    assert all(less < 0.95 * more for more, less in pairwise(sizes))


def test_after_a_cut_the_colours_are_those_of_the_new_scene() -> None:
    reds, blues = spots(1), spots(2)
    reds[..., 1:] = blues[..., :2] = 40
    shown = seen(written([reds, reds, blues, blues]))
    assert psnr(shown[1], reds) > 38 and psnr(shown[3], blues) > 38


def test_slow_changes_do_not_add_up() -> None:
    """No step is seen alone, but the picture must not stay the first one."""
    images = [np.full((64, 96, 3), 60 + step, np.uint8) for step in range(60)]
    shown = seen(written(images, loss=200))
    errors = [int(np.abs(image.astype(int) - other).max()) for image, other in zip(images, shown, strict=True)]
    assert max(errors) <= 12


def test_only_what_changes_is_written() -> None:
    still, moved = spots(3), spots(3)
    moved[10:20, 30:50] = 255 - moved[10:20, 30:50]
    whole, nothing, part = written([still, still, moved])
    assert len(nothing) < 40
    assert len(part) < len(whole) / 3
    assert psnr(seen([whole, nothing, part])[2], moved) > 35


@pytest.mark.parametrize("colours", [2, 32, 64])
def test_a_small_palette_is_kept_to(colours: int) -> None:
    first = seen(written([spots(4)], colours=colours))[0]
    assert len(np.unique(first.reshape(-1, 3), axis=0)) <= colours - 1
