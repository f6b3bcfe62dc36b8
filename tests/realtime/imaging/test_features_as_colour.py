"""Features as colour: the same features have the same colour, edges are those of the picture."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.imaging.features_as_colour import features_as_colour, guided_filter


def test_the_same_features_have_the_same_colour() -> None:
    rng = np.random.default_rng(0)
    kinds = rng.uniform(0, 1, (3, 16)).astype(np.float32)
    places = np.repeat(np.repeat([[0, 1], [2, 0]], 6, axis=0), 6, axis=1)
    features = kinds[places].transpose(2, 0, 1) * rng.uniform(1, 5, (1, 12, 12)).astype(np.float32)
    image = np.full((96, 96, 3), 200, np.uint8)
    coloured = features_as_colour(features, image).astype(int)
    first, second, third, again = (coloured[y, x] for y, x in ((24, 24), (24, 72), (72, 24), (72, 72)))
    assert np.abs(first - again).max() <= 12
    assert min(np.abs(first - second).max(), np.abs(first - third).max(), np.abs(second - third).max()) > 60


@pytest.mark.parametrize("channels", [1, 2, 40])
def test_any_number_of_channels_gives_a_picture(channels: int) -> None:
    features = np.random.default_rng(1).uniform(0, 1, (channels, 5, 7)).astype(np.float32)
    coloured = features_as_colour(features, np.zeros((50, 70, 3), np.uint8))
    assert coloured.shape == (50, 70, 3)
    assert coloured.dtype == np.uint8


def test_features_without_any_difference_give_a_picture() -> None:
    assert features_as_colour(np.zeros((8, 4, 4), np.float32), np.zeros((40, 40, 3), np.uint8)).shape == (40, 40, 3)


def test_the_filter_smooths_except_at_the_edges_of_its_guide() -> None:
    guide = np.zeros((40, 40), np.float32)
    guide[:, 20:] = 1
    colours = np.random.default_rng(2).normal(0, 0.1, (40, 40, 3)).astype(np.float32)
    colours[:, 20:] += 1
    smooth = guided_filter(colours, guide)
    assert smooth[:, 15].std() < colours[:, 15].std() / 3
    assert smooth[:, 21].mean() - smooth[:, 18].mean() > 0.9
