"""Pictures of no class, made of pictures of the classes: parts of them, and surroundings without the thing in them.

A classifier that saw shoes on wooden floors only says "shoes" of the floor too.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

DETAIL, CORNER = (0.12, 0.25), (0.25, 0.4)  # limits of a side, as a share of the picture's
COVER = (0.55, 0.85)  # limits of a cover's width and height, as a share of the picture's
ROUNDNESS = (2.0, 4.0)  # limits of the exponent: 2 is an ellipse, 4 is close to a rectangle


PER_PICTURE = 3


def negatives(images: NDArray[np.uint8], seed: int = 0) -> NDArray[np.uint8]:
    """Three pictures (3n, side, side, 3) for each of `images` (n, side, side, 3), in the same order.

    A corner, a detail, and the picture with its middle covered by a part of another.
    """
    rng = np.random.default_rng(seed)
    return np.stack([negative for image in images for negative in _negatives(image, images, rng)])


def _negatives(
    image: NDArray[np.uint8], images: NDArray[np.uint8], rng: np.random.Generator
) -> Iterator[NDArray[np.uint8]]:
    yield _part(image, CORNER, rng.integers(0, 2, 2), rng)
    yield _part(image, DETAIL, rng.random(2), rng)
    other = images[rng.integers(len(images))]
    yield _covered(image, _part(other, CORNER, rng.integers(0, 2, 2), rng), rng)


def _part(
    image: NDArray[np.uint8], limits: tuple[float, float], place: NDArray[np.number], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """A square of an image, enlarged; `place` (y, x) is 0 at the top or the left and 1 at the bottom or the right."""
    side = len(image)
    part = round(side * rng.uniform(*limits))
    y, x = (place * (side - part)).astype(int)
    return np.asarray(cv2.resize(image[y : y + part, x : x + part], (side, side), interpolation=cv2.INTER_CUBIC))


def _covered(image: NDArray[np.uint8], patch: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """`image` with `patch` in its middle, behind a soft edge."""
    y, x = np.abs(np.mgrid[-1 : 1 : len(image) * 1j, -1 : 1 : len(image) * 1j])
    height, width = rng.uniform(*COVER, 2)
    exponent = rng.uniform(*ROUNDNESS)
    distance = (y / height) ** exponent + (x / width) ** exponent  # 1 at the edge
    cover = np.clip((1.15 - distance) / 0.3, 0, 1)[..., None]
    return np.asarray(image + (patch.astype(np.float32) - image) * cover, np.uint8)
