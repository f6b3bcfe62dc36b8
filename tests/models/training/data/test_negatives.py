"""Negatives: corners, details and covered pictures of the size of their originals, the same for the same seed."""

import numpy as np

from models.training.data.negatives import PER_PICTURE, negatives

SIDE = 64


def targets() -> np.ndarray:
    """Pictures of a white disk on a grey ground, each with its own ground."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    disk = (x**2 + y**2 < 0.25**2)[None, ..., None]
    grounds = np.arange(10, 50, 10, dtype=np.uint8)[:, None, None, None]
    return np.broadcast_to(np.where(disk, 255, grounds), (4, SIDE, SIDE, 3)).astype(np.uint8)


def test_corners_show_the_ground_only() -> None:
    made = negatives(targets())
    assert made.shape == (4 * PER_PICTURE, SIDE, SIDE, 3)
    corners = made[::PER_PICTURE]
    assert [int(corner.max()) for corner in corners] == [10, 20, 30, 40]


def test_a_cover_hides_the_middle_and_keeps_the_corners() -> None:
    images = targets()
    covered = negatives(images)[2::PER_PICTURE]
    middle = slice(SIDE * 2 // 5, SIDE * 3 // 5)
    for image, cover in zip(images, covered, strict=True):
        assert cover[middle, middle].max() <= 40
        assert np.array_equal(cover[:2, :2], image[:2, :2])


def test_the_seed_decides() -> None:
    images = targets()
    assert np.array_equal(negatives(images, 3), negatives(images, 3))
    assert not np.array_equal(negatives(images, 3), negatives(images, 4))
