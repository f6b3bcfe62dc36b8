"""Networks of keras.applications as a start: constructed, loaded and converted as `ventral export` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx

from models import export
from models.plain import plain
from models.spec import ModelInfo
from models.zoo import ZooEntry

if TYPE_CHECKING:
    import keras


def pretrained(entry: ZooEntry, weights: str) -> tuple[ModelInfo, keras.Model]:
    """The network of `entry` with `weights` (imagenet, a file, or none), and its facts.

    Raises ModelError when the weights cannot be had or do not fit.
    """
    info = export._info(entry, weights, None)
    return info, export._network(entry, info, weights)


def stored(taps: keras.Model, info: ModelInfo) -> onnx.ModelProto:
    """The network as a stored one: NCHW, an output per layer, batch norm folded in."""
    return plain(export._convert(taps), info, {layer.name for layer in taps.layers})
