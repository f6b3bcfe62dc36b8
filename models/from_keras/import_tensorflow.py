"""The door to TensorFlow, Keras and tf2onnx: imported when a network is made from Keras, and not before."""

import functools
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.errors import SetupError

_log = logging.getLogger(__name__)


@functools.cache
def import_tensorflow() -> None:
    """Import TensorFlow, Keras and tf2onnx silently and for the CPU; SetupError when one is not installed."""
    _log.info("starting TensorFlow")
    os.environ |= {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "KERAS_BACKEND": "tensorflow",
        "TF2ONNX_CATCH_ERRORS": "FALSE",  # or it copies the graph before each pass: twice the time
    }
    try:
        with _silent_stderr():
            import keras
            import tensorflow as tf
            import tf2onnx

            tf.config.set_visible_devices([], "GPU")
    except ImportError as error:
        raise SetupError(
            f"TensorFlow and tf2onnx are needed for this ({error}): "
            "run `uv sync --extra keras` or `pip install -e '.[keras]'`"
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
