"""Networks of keras.applications with their weights: downloaded, from a file, or drawn from a seed."""

from __future__ import annotations

import io
import logging
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.errors import ModelError
from models.from_keras import weights as weight_files
from models.from_keras.agreement import random_picture
from models.from_keras.frameworks import import_keras
from models.from_keras.layers import Layer, describe, find_taps, forward, kind, run
from models.spec import ModelInfo
from models.zoo import ZooEntry

if TYPE_CHECKING:
    import keras

IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
"""The standard deviation of ImageNet's colours, red first."""

_DOWNLOAD_TIMEOUT = 30.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A network that has its weights.

    `network` is a Keras model: a picture -> {layer: activations}; `top` is what follows the last layer up to the
    probabilities of the classes, in forward order, empty when there is no classifier.
    """

    info: ModelInfo
    network: keras.Model
    top: tuple[Layer, ...]


def load(entry: ZooEntry, weights: str, until: str | None = None) -> Pretrained:
    """The network of `entry` with `weights`, "imagenet", "none" (seeded) or a file, which ends at the layer `until`.

    Raises ModelError when the weights cannot be had or do not fit, SetupError without TensorFlow.
    """
    classes = _count_classes(weights, until)
    import_keras()
    import keras

    keras.utils.clear_session()  # numbers the layers without a name from zero
    _log.info("loading %s with weights %s", entry.name, Path(weights).name)
    whole = _download(entry, classes) if weights == "imagenet" else _construct(entry, None, classes)
    info, taps = _describe(entry, Path(weights).name, whole, until)
    layers = forward(whole.layers, [*taps.values(), *(whole.outputs if classes else [])])
    if weights != "imagenet":
        _set_weights(entry, weights, layers, whole.input)
    network = keras.Model(whole.input, taps)
    return Pretrained(info, network, tuple(layers[len(forward(whole.layers, taps.values())) :]))


def imagenet_labels() -> tuple[str, ...]:
    """ImageNet's thousand names in the order of the classes, from Keras's download; empty when it fails."""
    import keras

    try:
        with downloading():
            [ranking] = keras.applications.imagenet_utils.decode_predictions(np.arange(1000)[None], top=1000)
    except Exception as error:  # Keras reports every failed download as a bare Exception
        _log.info("cannot download the names of the classes (%s)", weight_files.reason(error))
        return ()
    return tuple(name.replace("_", " ") for _, name, _ in reversed(ranking))


def _count_classes(weights: str, until: str | None) -> int | None:
    """The classes of the classifier to be made; there is none for random weights and for the first layers alone."""
    if weights == "none":
        return None
    if weights == "imagenet":
        return None if until else 1000
    classes = weight_files.count_classes(Path(weights))
    return None if until else classes


def _describe(entry: ZooEntry, weights: str, whole: keras.Model, until: str | None) -> tuple[ModelInfo, dict[str, Any]]:
    """The record of the network as far as `until`, and its layers' tensors."""
    layers = forward(whole.layers, whole.outputs)
    taps = find_taps(layers, entry.landmarks)
    infos = describe(taps, layers, whole.input, entry.landmarks)
    info = ModelInfo(entry.name, weights, entry.input, infos)
    kept = infos[: infos.index(info.layer(until)) + 1] if until else infos
    return ModelInfo(entry.name, weights, entry.input, kept), {layer.name: taps[layer.name] for layer in kept}


def _construct(entry: ZooEntry, weights: str | None, classes: int | None) -> keras.Model:
    """Keras pads some networks by the size of the input: they are made at the size they were trained at."""
    import keras

    top = {"include_top": True, "classes": classes} if classes else {"include_top": False}
    return getattr(keras.applications, entry.keras)(weights=weights, input_shape=(*entry.size_hw, 3), **top)


def _download(entry: ZooEntry, classes: int | None) -> keras.Model:
    try:
        with downloading():
            return _construct(entry, "imagenet", classes)
    except Exception as error:  # Keras reports every failed download as a bare Exception
        raise ModelError(
            f"cannot download the imagenet weights of {entry.name} ({weight_files.reason(error)}); "
            "use --weights FILE or --weights none"
        ) from error


@contextmanager
def downloading() -> Iterator[None]:
    """Show Keras's download bar on stderr when that is a terminal, and give up when nothing comes."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_DOWNLOAD_TIMEOUT)
    try:
        with redirect_stdout(sys.stderr if sys.stderr.isatty() else io.StringIO()):
            yield
    finally:
        socket.setdefaulttimeout(before)


def _set_weights(entry: ZooEntry, weights: str, layers: Sequence[Layer], start: Any) -> None:
    """Give `layers` the weights of a file, or seeded ones."""
    shapes = {
        layer.name: tuple(tuple(array.shape) for array in layer.weights if len(array.shape))
        for layer in layers
        if layer.weights
    }
    chosen = weight_files.seeded(shapes) if weights == "none" else weight_files.read(Path(weights), shapes)
    for layer in layers:
        if layer.weights:
            _assign(layer, chosen[layer.name])
    if weights == "none":
        run(layers, start, random_picture(entry.input, entry.size_hw), _settle)


def _assign(layer: Layer, arrays: Sequence[np.ndarray[Any, Any]]) -> None:
    if kind(layer) != "Normalization":
        layer.set_weights(arrays)
        return
    mean, variance = arrays
    if np.allclose(variance, IMAGENET_DEVIATION):
        variance = variance**2  # Keras's file for EfficientNet; its network divides by the root once more
    layer.set_weights([mean, variance, np.zeros(())])
    layer.finalize_state()


def _settle(layer: Layer, arguments: list[Any]) -> None:
    """Let a batch norm bring what comes to it to unit size: so random networks stay alive to their last layer.

    The mean stays where it was drawn: with that of the values taken off, rounding came out four times as large.
    """
    if kind(layer) == "BatchNormalization":
        [values] = np.asarray(arguments)
        *others, mean, _ = layer.get_weights()
        variance = np.square(values - mean).mean(axis=(0, 1, 2))
        dead = 0.1 * variance.mean()  # a channel that hardly moves is not blown up to noise
        layer.set_weights([*others, mean, variance + dead])
