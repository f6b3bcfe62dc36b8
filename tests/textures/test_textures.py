"""The textures: the same for the same seed, different for another, and told apart."""

import numpy as np
import pytest

from models.errors import ModelError
from tests.textures import CLASSES, draw
from tests.textures.dataset import draw_dataset
from tests.textures.fields import plane, scatter, shingles, voronoi


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_is_a_varied_uint8_picture_of_its_seed(name: str) -> None:
    drawn = [draw(name, seed, 64) for seed in range(4)]
    assert all(picture.shape == (64, 64, 3) and picture.dtype == np.uint8 for picture in drawn)
    np.testing.assert_array_equal(drawn[0], draw(name, 0, 64))
    differences = [np.abs(drawn[0].astype(int) - other).mean() for other in drawn[1:]]
    assert min(differences) > 2


@pytest.mark.parametrize("size", [32, 97, 160])
def test_a_picture_may_have_any_size(size: int) -> None:
    assert {draw(name, 5, size).shape for name in CLASSES} == {(size, size, 3)}


@pytest.mark.parametrize("name", [name for name in CLASSES if name != "plain"])
def test_a_texture_has_structure(name: str) -> None:
    deviations = [draw(name, seed, 64).std(axis=(0, 1)).max() for seed in range(8)]
    assert np.median(deviations) > 12


def test_there_are_enough_classes_and_no_two_of_them_share_their_pictures() -> None:
    assert len(CLASSES) >= 28
    assert tuple(sorted(CLASSES)) == CLASSES
    assert len({draw(name, 1, 32).tobytes() for name in CLASSES}) == len(CLASSES)


def test_an_unknown_name_is_one_clear_line() -> None:
    with pytest.raises(ModelError, match=r"unknown texture 'velvet': expected basket, bricks.*zigzag") as caught:
        draw("velvet", 0)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_set_has_every_class_and_shares_no_picture_with_another() -> None:
    images, labels = draw_dataset(3, 2, 32)
    assert images.shape == (2 * len(CLASSES), 32, 32, 3)
    np.testing.assert_array_equal(labels, np.repeat(np.arange(len(CLASSES)), 2))
    np.testing.assert_array_equal(images[2], draw(CLASSES[1], 3_000_000, 32))
    others, _ = draw_dataset(4, 2, 32)
    assert not {image.tobytes() for image in images} & {image.tobytes() for image in others}


def test_voronoi_finds_the_nearest_point() -> None:
    points = np.array([[10, 12], [50, 20], [30, 55]], np.float32)
    found = voronoi(points, 64)
    y, x = np.mgrid[:64, :64]
    distances = np.hypot(x[..., None] - points[:, 0], y[..., None] - points[:, 1])
    np.testing.assert_allclose(found.centre, distances.min(axis=-1), rtol=0.03, atol=0.1)
    nearest = distances.argmin(axis=-1)
    for cell in np.unique(found.cell):
        members = nearest[found.cell == cell]
        assert np.mean(members == np.bincount(members).argmax()) > 0.97


def test_scattered_points_keep_to_their_lattice_without_jitter() -> None:
    points = scatter(np.random.default_rng(0), 100, 5, 0.0, staggered=False)
    np.testing.assert_allclose(points % 20, 0, atol=1e-4)


def test_every_pixel_lies_on_a_plate_of_the_roof() -> None:
    plates = shingles(96, 6, 1.2)
    assert plates.rim.max() < 1
    assert plates.along.min() >= 0
    assert np.abs(plates.across).max() <= 0.5
    assert len(np.unique(plates.tint)) > 20


def test_the_plane_is_centred() -> None:
    x, y = plane(7)
    assert x[3, 3] == y[3, 3] == 0
    np.testing.assert_allclose(x, -x[:, ::-1])
    np.testing.assert_allclose(y, x.T)
