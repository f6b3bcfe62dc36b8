"""Keras network -> plain NCHW float32 ONNX file with one output per layer, through tf2onnx.

TensorFlow, Keras and tf2onnx are imported when a network is exported and not before.
"""

from __future__ import annotations

import dataclasses
import functools
import io
import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray

from models import weights as weight_files
from models.errors import ModelError, OutputError, SetupError
from models.files import write_atomically
from models.graph import OPSET
from models.plain import plain
from models.spec import INPUT, Hw, InputInfo, ModelInfo
from models.zoo import ZooEntry

if TYPE_CHECKING:
    import keras

Floats: TypeAlias = NDArray[np.float32]

TOLERANCE = 1e-4
"""The largest relative error, max|onnx - keras| / max|keras|, allowed in every output of a stored network."""

CHECKED_HW: tuple[Hw, ...] = ((224, 224), (160, 288))

ERROR_KEY = "ventral.worst_error"
"""The metadata key under which a stored network keeps its largest relative error."""

_DOWNLOAD_TIMEOUT = 30.0
_log = logging.getLogger(__name__)


def export(entry: ZooEntry, *, weights: str, until: str | None, out: Path, force: bool) -> ModelInfo:
    """Write the network of `entry` to `out` once its outputs agree with Keras, and return its facts.

    `weights` is "imagenet", "none" (seeded) or the path of a weights file; `until` names the last layer kept.
    Progress goes to the log of this module. Raises ModelError, OutputError or SetupError, leaving no file.
    """
    info = _info(entry, weights, until)
    _refuse(out, force)
    _import_tensorflow()
    network = _network(entry, info, weights)
    _log.info("converting %s to ONNX", info.name)
    model = plain(_convert(network), info, {layer.name for layer in network.layers})
    _log.info("comparing %s with Keras", info.name)
    error = worst_error(model, network, info.input)
    if not error <= TOLERANCE:  # NaN is refused too
        raise ModelError(f"{info.name} as ONNX is {error:.1e} off Keras, expected at most {TOLERANCE:.0e}")
    model.metadata_props.add(key=ERROR_KEY, value=f"{error:.1e}")
    write_atomically(out, model.SerializeToString())
    return info


def worst_error(model: onnx.ModelProto, network: keras.Model, input_info: InputInfo) -> float:
    """Measure the largest relative error of any output of `model` on random pictures of two sizes."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    errors = []
    for height, width in CHECKED_HW:
        tensor = _random_input(input_info, (height, width))
        expected = network(tensor)
        found = session.run(names, {INPUT: tensor.transpose(0, 3, 1, 2)})
        errors += [
            _relative_error(array, np.transpose(expected[name], (0, 3, 1, 2)))
            for name, array in zip(names, found, strict=True)
        ]
    return float(np.max(errors))


def _relative_error(found: Floats, expected: Floats) -> float:
    if found.shape != expected.shape:
        return float("inf")
    return float(np.abs(found - expected).max() / (np.abs(expected).max() or 1.0))


def _random_input(input_info: InputInfo, size_hw: Hw) -> Floats:
    """Draw noise as the network wants it: (1, height, width, 3) float32."""
    picture = np.random.default_rng(0).integers(0, 256, (1, *size_hw, 3))
    return np.asarray((picture - input_info.mean) * input_info.scale, np.float32)


def _info(entry: ZooEntry, weights: str, until: str | None) -> ModelInfo:
    if weights not in ("imagenet", "none"):
        weight_files.sniff(Path(weights))
    info = ModelInfo(name=entry.name, weights=Path(weights).name, input=entry.input, layers=entry.layers)
    last = info.layers.index(info.layer(until)) if until else len(info.layers) - 1
    return dataclasses.replace(info, layers=info.layers[: last + 1])


def _refuse(out: Path, force: bool) -> None:
    if out.is_dir():
        raise OutputError(f"{out} is a folder; name a file in it, such as {out / 'network.onnx'}")
    if out.exists() and not force:
        raise OutputError(f"{out} exists already; use --force to replace it")


@functools.cache
def _import_tensorflow() -> None:
    """Import TensorFlow, Keras and tf2onnx silently and for the CPU; SetupError when one is not installed."""
    _log.info("starting TensorFlow")
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    try:
        with _silent_stderr():
            import keras
            import tensorflow as tf
            import tf2onnx

            tf.config.set_visible_devices([], "GPU")
    except ImportError as error:
        raise SetupError(
            f"export needs TensorFlow and tf2onnx ({error}): "
            "run `uv sync --extra export` or `pip install 'ventral[export]'`"
        ) from error
    for name in ("tensorflow", "absl", tf2onnx.__name__):
        logging.getLogger(name).setLevel(logging.ERROR)
    keras.config.set_image_data_format("channels_last")  # ~/.keras/keras.json may say otherwise
    keras.config.set_floatx("float32")


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Drop what is written to file descriptor 2: TensorFlow 2.21 ignores its log level during import."""
    saved = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def _network(entry: ZooEntry, info: ModelInfo, weights: str) -> keras.Model:
    """Make the network that ends at the last layer of `info`: pictures -> {layer: activations}."""
    import keras

    keras.utils.clear_session()  # numbers the layers without a name from zero
    _log.info("loading %s with weights %s", entry.name, info.weights)
    whole = _pretrained(entry) if weights == "imagenet" else _construct(entry, None)
    outputs = {layer.name: whole.get_layer(layer.name).output for layer in info.layers}
    network = keras.Model(whole.input, outputs)
    if weights != "imagenet":
        _set_weights(network, weights)
    return network


def _construct(entry: ZooEntry, weights: str | None) -> keras.Model:
    import keras

    constructor = getattr(keras.applications, entry.keras)
    return constructor(include_top=False, weights=weights, input_shape=(None, None, 3))


def _pretrained(entry: ZooEntry) -> keras.Model:
    try:
        with _download():
            return _construct(entry, "imagenet")
    except Exception as error:  # Keras reports every failed download as a bare Exception
        raise ModelError(
            f"cannot download the imagenet weights of {entry.name} ({weight_files.reason(error)}); "
            "use --weights FILE or --weights none"
        ) from error


@contextmanager
def _download() -> Iterator[None]:
    """Show Keras's download bar on stderr when that is a terminal, and give up when nothing comes."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_DOWNLOAD_TIMEOUT)
    try:
        with redirect_stdout(sys.stderr if sys.stderr.isatty() else io.StringIO()):
            yield
    finally:
        socket.setdefaulttimeout(before)


def _set_weights(network: keras.Model, weights: str) -> None:
    layers = [layer for layer in network.layers if layer.weights]
    shapes = {layer.name: tuple(tuple(array.shape) for array in layer.weights) for layer in layers}
    chosen = weight_files.seeded(shapes) if weights == "none" else weight_files.read(Path(weights), shapes)
    for layer in layers:
        layer.set_weights(chosen[layer.name])


def _convert(network: keras.Model) -> onnx.ModelProto:
    import tensorflow as tf
    import tf2onnx

    signature = [tf.TensorSpec((1, None, None, 3), tf.float32, name=INPUT)]
    model: onnx.ModelProto
    model, _ = tf2onnx.convert.from_function(  # from_keras breaks with Keras 3 (onnx/tensorflow-onnx#2348)
        tf.function(network, input_signature=signature),
        input_signature=signature,
        opset=OPSET,
        inputs_as_nchw=[INPUT],
        outputs_as_nchw=list(network.output),
    )
    return model
