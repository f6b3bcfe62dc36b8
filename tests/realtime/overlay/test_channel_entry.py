"""The number of a channel: digits, corrections, and numbers that there are not."""

from __future__ import annotations

import numpy as np
import pytest

from models.spec import LayerInfo
from realtime.imaging.text import ACCENT
from realtime.overlay.channel_entry import FORGOTTEN, TYPED, ChannelEntry
from realtime.overlay.dialog import Choice, Dialog

LAYER = LayerInfo("block4_conv2", 128, 8, 4)


def typed(keys: list[str]) -> Dialog | Choice | None:
    state: Dialog | Choice | None = ChannelEntry(LAYER)
    for key in keys:
        assert isinstance(state, Dialog)
        assert state.takes(key)
        state = state.press(key)
    return state


@pytest.mark.parametrize(
    ("keys", "state"),
    [
        (["4", "2", "Enter"], Choice("tiles/channel", 42)),
        (["1", "2", "7", "Enter"], Choice("tiles/channel", 127)),
        (["0", "0", "5", "Enter"], Choice("tiles/channel", 5)),
        (["1", "2", "8", "Enter"], ChannelEntry(LAYER, "128", refused=True)),
        (["1", "2", "8", "Enter", "3"], ChannelEntry(LAYER, "3")),
        (["1", "2", "8", "Enter", "Backspace", "Enter"], Choice("tiles/channel", 12)),
        (["9"] * 6, ChannelEntry(LAYER, "999999", refused=True)),
        (["Backspace", "Backspace"], ChannelEntry(LAYER)),
        (["7", "Esc"], None),
        (["7", "#"], None),
        (["Enter"], None),
    ],
)
def test_what_keys_make_of_the_number(keys: list[str], state: object) -> None:
    assert typed(keys) == state


def test_a_number_counts_a_moment_after_its_last_digit() -> None:
    entry = ChannelEntry(LAYER, "12")
    assert entry.wait(TYPED / 2) == entry
    assert entry.wait(TYPED) == Choice("tiles/channel", 12)
    assert ChannelEntry(LAYER, "999").wait(TYPED) == ChannelEntry(LAYER, "999", refused=True)


def test_an_entry_that_leads_nowhere_closes() -> None:
    assert ChannelEntry(LAYER).wait(TYPED) is not None
    assert ChannelEntry(LAYER).wait(FORGOTTEN) is None
    assert ChannelEntry(LAYER, "999", refused=True).wait(FORGOTTEN) is None


def test_other_keys_are_not_its_own() -> None:
    assert not any(ChannelEntry(LAYER).takes(key) for key in ("m", "Up", "q", "L", "²", " "))


@pytest.mark.parametrize("window_wh", [(1280, 720), (1080, 1920), (1920, 384), (320, 180)])
def test_it_is_large_and_within_the_window(window_wh: tuple[int, int]) -> None:
    width, height = window_wh
    layer = LayerInfo("inception_4c/5x5_reduce_with_a_long_name", 1024, 16, 4)
    image = np.zeros((height, width, 3), np.uint8)
    ChannelEntry(layer, "88888").draw(image)
    lit = np.argwhere(image.max(axis=2) > 120)
    assert 0.06 * width < lit[:, 1].min() < lit[:, 1].max() < 0.94 * width
    assert np.ptp(lit[:, 0]) > 0.1 * min(width, height)
    refused = np.zeros((height, width, 3), np.uint8)
    ChannelEntry(layer, "88888", refused=True).draw(refused)
    assert (refused == ACCENT).all(axis=2).sum() > (image == ACCENT).all(axis=2).sum()
