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

from models.errors import ModelError, one_line
from models.from_keras import weights as weight_files
from models.from_keras.compare_with_keras import random_picture
from models.from_keras.import_tensorflow import import_tensorflow
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
    """A network with its weights.

    `network` is a Keras model: a picture -> {layer: activations}. `top` are the layers from there to the class
    probabilities, in forward order; empty without a classifier.
    """

    info: ModelInfo
    network: keras.Model
    top: tuple[Layer, ...]


def load(entry: ZooEntry, weights: str, until: str | None = None) -> Pretrained:
    """The network of `entry` with `weights`, "imagenet", "none" (seeded) or a file, which ends at the layer `until`.

    Raises ModelError when the weights are missing or do not fit, SetupError without TensorFlow.
    """
    classes = _count_classes(weights, until)
    import_tensorflow()
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
    """The 1000 class names of ImageNet in order, downloaded by Keras; empty when that fails."""
    import keras

    try:
        with downloading():
            [ranking] = keras.applications.imagenet_utils.decode_predictions(np.arange(1000)[None], top=1000)
    except Exception as error:  # Keras reports every failed download as a bare Exception
        _log.info("cannot download the class names (%s)", one_line(error))
        return ()
    return tuple(name.replace("_", " ") for _, name, _ in reversed(ranking))


def _count_classes(weights: str, until: str | None) -> int | None:
    """The number of classes; None without a classifier: for random weights, or when later layers are cut off."""
    if weights == "none":
        return None
    if weights == "imagenet":
        return None if until else 1000
    classes = weight_files.count_classes(Path(weights))
    return None if until else classes


def _describe(entry: ZooEntry, weights: str, whole: keras.Model, until: str | None) -> tuple[ModelInfo, dict[str, Any]]:
    """The record of the network up to `until`, and the tensors of its layers."""
    layers = forward(whole.layers, whole.outputs)
    taps = find_taps(layers, entry.key_layers)
    infos = describe(taps, layers, whole.input, entry.key_layers)
    info = ModelInfo(entry.name, weights, entry.input, infos)
    described = infos[: infos.index(info.layer(until)) + 1] if until else infos
    return ModelInfo(entry.name, weights, entry.input, described), {layer.name: taps[layer.name] for layer in described}


def _construct(entry: ZooEntry, weights: str | None, classes: int | None) -> keras.Model:
    """Keras pads some networks by the input size, so each is built at the size it was trained at."""
    import keras

    top = {"include_top": True, "classes": classes} if classes else {"include_top": False}
    return getattr(keras.applications, entry.keras)(weights=weights, input_shape=(*entry.size_hw, 3), **top)


def _download(entry: ZooEntry, classes: int | None) -> keras.Model:
    try:
        with downloading():
            return _construct(entry, "imagenet", classes)
    except Exception as error:  # Keras reports every failed download as a bare Exception
        raise ModelError(
            f"cannot download the imagenet weights of {entry.name} ({one_line(error)}); "
            "use --weights FILE or --weights none"
        ) from error


@contextmanager
def downloading() -> Iterator[None]:
    """Show Keras's progress bar if stderr is a terminal, and stop waiting after a time limit."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_DOWNLOAD_TIMEOUT)
    try:
        with redirect_stdout(sys.stderr if sys.stderr.isatty() else io.StringIO()):
            yield
    finally:
        socket.setdefaulttimeout(before)


def _set_weights(entry: ZooEntry, weights: str, layers: Sequence[Layer], start: Any) -> None:
    """Set the weights of `layers` from a file, or from a seed."""
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
        run(layers, start, random_picture(entry.input, entry.size_hw), _standardise)


def _assign(layer: Layer, arrays: Sequence[np.ndarray[Any, Any]]) -> None:
    if kind(layer) != "Normalization":
        layer.set_weights(arrays)
        return
    mean, variance = arrays
    if np.allclose(variance, IMAGENET_DEVIATION):
        variance = variance**2  # Keras's file for EfficientNet; its network divides by the root once more
    layer.set_weights([mean, variance, np.zeros(())])
    layer.finalize_state()


def _standardise(layer: Layer, arguments: list[Any]) -> None:
    """Set the variance of a batch norm from its input, so that activations of random networks do not vanish.

    The mean stays random: with the mean of the input, rounding errors are four times as large.
    """
    if kind(layer) == "BatchNormalization":
        [values] = np.asarray(arguments)
        *others, mean, _ = layer.get_weights()
        variance = np.square(values - mean).mean(axis=(0, 1, 2))
        dead = 0.1 * variance.mean()  # does not amplify a nearly constant channel to noise
        layer.set_weights([*others, mean, variance + dead])
