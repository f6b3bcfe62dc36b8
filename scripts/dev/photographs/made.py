"""Pictures that show no class: shuffled photographs, plain colours, gradients and noise."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from realtime.imaging.frame import Image

SIDE = 160  # pixels
PATCHES = 5  # per side of a picture that is cut and shuffled
EVERY = 16  # one in so many photographs is shuffled
PLAIN = 160  # pictures of colours, ramps and noise


def made_pictures(photographs: Sequence[Path], seed: int = 0) -> Iterator[Image]:
    """Photographs cut into squares and shuffled, which leaves their textures only; then colours, ramps and noise."""
    rng = np.random.default_rng(seed)
    for path in photographs[::EVERY]:
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is not None:
            yield shuffled(np.asarray(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8), rng)
    for number in range(PLAIN):
        yield plain(rng, cells=(1, 2, 3, 8, 24, 80, 160)[number % 7])


def shuffled(image: Image, rng: np.random.Generator) -> Image:
    """The squares of an image in another order."""
    step = SIDE // PATCHES
    squares = image.reshape(PATCHES, step, PATCHES, step, 3).swapaxes(1, 2).reshape(-1, step, step, 3)
    mixed = rng.permutation(squares).reshape(PATCHES, PATCHES, step, step, 3).swapaxes(1, 2)
    return np.ascontiguousarray(mixed.reshape(SIDE, SIDE, 3))


def plain(rng: np.random.Generator, cells: int) -> Image:
    """Random colours, or greys, at `cells` x `cells` points, and smooth between them."""
    spread, middle = rng.uniform(0, 128), rng.uniform(0, 255, 3 if rng.random() < 0.5 else 1)
    points = middle + rng.uniform(-spread, spread, (cells, cells, len(middle)))
    enlarged = cv2.resize(
        np.broadcast_to(points, (cells, cells, 3)).copy(), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC
    )
    return np.asarray(np.clip(enlarged + rng.normal(0, rng.uniform(0, 12), (SIDE, SIDE, 1)), 0, 255), np.uint8)
