"""The choice of channels that discriminate between classes."""

from __future__ import annotations

import numpy as np

from scripts.networks.report.discriminative_channels import discriminative_channels

LABELS = np.repeat(np.arange(3), 4)


def test_each_channel_chosen_tells_something_new() -> None:
    rng = np.random.default_rng(0)
    first, second = (LABELS == 0).astype(np.float32), (LABELS == 1).astype(np.float32)
    noise = rng.normal(0, 1, 12).astype(np.float32)
    silent = np.full(12, 3, np.float32)
    activations = np.stack([silent, noise, first + 0.01 * noise, 5 * first, second], axis=1)
    chosen = discriminative_channels(activations, LABELS, 3)
    assert set(chosen[:2]) == {3, 4}
    assert chosen[2] in (1, 2)


def test_channels_that_never_change_are_left_out() -> None:
    activations = np.stack([np.ones(12), LABELS, np.zeros(12)], axis=1).astype(np.float32)
    assert discriminative_channels(activations, LABELS, 6) == (1,)
    assert discriminative_channels(np.zeros((12, 4), np.float32), LABELS, 6) == ()
