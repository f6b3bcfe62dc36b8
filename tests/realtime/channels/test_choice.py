"""The channels on the tiles are active, differ from each other, and keep their places."""

from __future__ import annotations

import numpy as np
import pytest

from realtime.channels.choice import ChannelChoice, choose_different
from realtime.imaging.frame import Floats

RNG = np.random.default_rng(0)


def noise(channels: int) -> Floats:
    return np.random.default_rng(channels).uniform(0, 1, (channels, 12, 12)).astype(np.float32)


def strengths(*values: float) -> Floats:
    return np.array(values, np.float32)[:, None, None]


def rising(channels: int = 32) -> Floats:
    """Different maps, each more active than the one before."""
    return np.asarray(noise(channels) * np.linspace(1, 2, channels, dtype=np.float32)[:, None, None], np.float32)


def test_the_most_active_come_first_and_twins_are_passed_over() -> None:
    one, other, third = noise(3)
    maps = np.stack([one, one * 0.9, other * 0.5, third * 0.1, one * 0.8])
    assert choose_different(maps, 3).tolist() == [0, 2, 3]


def test_an_even_map_is_not_active_and_a_border_does_not_count() -> None:
    maps = noise(4)
    maps[1] = 50.0
    maps[2] = 0.0
    maps[2, 0] = 50.0
    assert set(choose_different(maps, 2)) == {0, 3}


def test_places_are_kept_under_noise() -> None:
    choice, maps = ChannelChoice(32), rising()
    choice.channels(8)
    choice.update(maps)
    first = choice.channels(8)
    for _ in range(200):
        choice.update(np.asarray(maps * RNG.uniform(0.9, 1.1, maps.shape), np.float32))
        np.testing.assert_array_equal(choice.channels(8), first)


def test_a_channel_that_adds_clearly_more_takes_one_place() -> None:
    choice, maps = ChannelChoice(32), rising()
    choice.update(maps)
    before = choice.channels(8)
    newcomer = next(channel for channel in range(32) if channel not in before)
    maps[newcomer] *= 6
    for _ in range(100):
        choice.update(maps)
    after = choice.channels(8)
    assert newcomer in after
    assert (before != after).sum() == 1


def test_the_kept_channel_takes_a_place_and_stays() -> None:
    choice, maps = ChannelChoice(32), rising()
    maps[2] *= 0.05
    choice.update(maps)
    before = choice.channels(8)
    choice.kept = 2
    for _ in range(100):
        assert 2 in choice.channels(8)
        choice.update(maps)
    assert (before != choice.channels(8)).sum() == 1
    choice.kept = None
    for _ in range(100):
        choice.update(maps)
    assert 2 not in choice.channels(8)


def test_a_tile_that_becomes_like_another_one_is_replaced() -> None:
    choice, maps = ChannelChoice(32), rising()
    choice.update(maps)
    before = choice.channels(4)
    maps[before[3]] = maps[before[0]]
    for _ in range(100):
        choice.update(maps)
    assert not {int(before[0]), int(before[3])} <= set(choice.channels(4).tolist())


def test_all_channels_are_in_order_and_those_without_activation_come_last() -> None:
    choice = ChannelChoice(6)
    choice.update(np.asarray(noise(6) * strengths(3, 0, 1, 0, 9, 2), np.float32))
    np.testing.assert_array_equal(choice.channels(6), [0, 2, 4, 5, 1, 3])


def test_one_channel_alone_has_the_clearest_peak() -> None:
    maps = noise(8)
    maps[5] *= 0.1
    maps[5, 4, 4] = 3.0
    choice = ChannelChoice(8)
    choice.update(maps)
    assert choice.channels(1).tolist() == [5]


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_broken_activations_do_not_count(broken: float) -> None:
    maps = noise(6)
    maps[2] *= 0.01
    maps[2, 3, 3] = broken
    choice = ChannelChoice(6)
    choice.update(maps)
    assert 2 not in choice.channels(4)
