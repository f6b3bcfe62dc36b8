from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from realtime.imaging.compositing import Rect
from realtime.outputs.recording.gif.best.blocks import TRAILER, frame, header, index_bits
from realtime.outputs.recording.gif.best.lossy_lzw import Choices, Pixels, compress


def greys(count: int, loss: int) -> Choices:
    """Greys as bins and as indices, with their differences as losses; transparent comes after them."""
    values = np.arange(count)
    losses = np.full((count, 256), 255, np.uint8)
    losses[:, :count] = np.minimum(np.abs(values[:, None] - values), 255)
    return Choices(
        near=[np.flatnonzero(row <= loss).astype(np.uint8).tobytes() for row in losses],
        losses=[row.tobytes() for row in losses],
        transparent=count,
        bits=index_bits(count + 1),
    )


def in_order(image: NDArray[np.uint8], loss: int, may_stay: NDArray[np.bool_] | None = None) -> Pixels:
    stays = np.zeros(image.size, int) if may_stay is None else (loss + 1) * may_stay.ravel().astype(int)
    return Pixels(image.ravel().tolist(), [loss + 1] * image.size, stays.tolist())


def written(image: NDArray[np.uint8], count: int, loss: int) -> tuple[NDArray[np.uint8], bytes, bytes]:
    """What Pillow reads of an image of grey bins, the indices that were chosen, and the codes."""
    choices = greys(count, loss)
    indices, codes = compress(in_order(image, loss), choices)
    height, width = image.shape
    palette = np.repeat(np.arange(count + 1, dtype=np.uint8)[:, None], 3, axis=1)
    content = frame(Rect(0, 0, width, height), palette, codes, hundredths=5, transparent=count)
    with Pillow.open(io.BytesIO(header((width, height), loops=0) + content + TRAILER)) as gif:
        return np.asarray(gif.convert("RGB"))[..., 0], indices, codes


@pytest.mark.parametrize("count", [2, 3, 7, 8, 100, 255])
@pytest.mark.parametrize("size_hw", [(1, 1), (1, 7), (60, 80), (240, 320)])
def test_without_loss_another_reader_sees_every_pixel(count: int, size_hw: tuple[int, int]) -> None:
    image = np.random.default_rng(count).integers(0, count, size_hw, np.uint8)
    seen, indices, _ = written(image, count, loss=0)
    assert np.array_equal(seen, image)
    assert indices == image.tobytes()


@pytest.mark.parametrize("pixels", range(3836, 3844))
def test_the_table_may_begin_anew_at_any_place(pixels: int) -> None:
    """The table is full after 3838 strings of two new pixels each, at the last pixel, or just before it."""
    pairs = [(one, other) for one in range(255) for other in range(255)]
    image = np.array([value for pair in pairs[:pixels] for value in pair], np.uint8)[None, :pixels]
    assert np.array_equal(written(image, 255, loss=0)[0], image)


def test_a_loss_makes_it_smaller_and_is_never_exceeded() -> None:
    image = np.random.default_rng(0).integers(100, 120, (120, 160), np.uint8)
    _, _, exact = written(image, 255, loss=0)
    seen, _, codes = written(image, 255, loss=4)
    assert len(codes) < 0.8 * len(exact)
    assert 0 < np.abs(seen.astype(int) - image).max() <= 4


def test_pixels_that_may_stay_are_transparent() -> None:
    image = np.zeros((10, 10), np.uint8)
    image[:, 5:] = 3
    pixels = in_order(image, 0, image == 3)
    indices, _ = compress(Pixels(pixels.bins, (1 - image.ravel() // 3).tolist(), pixels.stays), greys(4, 0))
    assert np.array_equal(np.frombuffer(indices, np.uint8).reshape(10, 10) == 4, image == 3)


def test_a_pixel_that_may_stay_need_not() -> None:
    """A string of colours goes on over it where that is worth as much."""
    image = np.zeros((10, 40), np.uint8)
    may_stay = np.zeros(image.shape, np.bool_)
    may_stay[:, ::7] = True
    indices, codes = compress(in_order(image, 5, may_stay), greys(4, 5))
    plain, shortest = compress(in_order(image, 5), greys(4, 5))
    assert set(plain) <= set(range(4)) and len(codes) <= 1.2 * len(shortest)
    assert len(indices) == image.size
