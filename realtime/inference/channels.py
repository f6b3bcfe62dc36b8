"""The channels of a layer, and weights for them."""

from collections.abc import Sequence

import numpy as np

from models.errors import SettingError
from models.spec import CLASSES, LayerInfo, ModelInfo
from realtime.imaging.frame import Floats


def check_channels(layer: LayerInfo, channels: Sequence[int]) -> None:
    """Raise SettingError for a channel that the layer does not have."""
    for channel in channels:
        if not 0 <= channel < layer.channels:
            raise SettingError(
                f"channel {channel} is not in {layer.name}, which has channels 0 to {layer.channels - 1}"
            )


def channel_weights(info: ModelInfo, layer: str, channel: int | None) -> Floats:
    """One for `channel` and zero for the others, or equal weights; SettingError for a channel that does not exist."""
    count = len(info.scores.labels) if layer == CLASSES else info.layer(layer).channels
    if channel is None:
        return np.full(count, 1 / count, np.float32)
    if layer != CLASSES:
        check_channels(info.layer(layer), (channel,))
    return one_hot(count, channel)


def one_hot(count: int, place: int) -> Floats:
    """Weights of `count` channels: one at `place`, zero elsewhere."""
    weights = np.zeros(count, np.float32)
    weights[place] = 1
    return weights
