"""The door to TensorFlow and Keras: imported when a network is made from Keras, and not before."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.errors import SetupError

_log = logging.getLogger(__name__)


@functools.cache
def import_keras() -> None:
    """Import TensorFlow and Keras silently and for the CPU; SetupError when one is not installed."""
    _log.info("starting TensorFlow")
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    try:
        with _silent_stderr():
            import keras
            import tensorflow as tf

            tf.config.set_visible_devices([], "GPU")
    except ImportError as error:
        raise SetupError(
            f"export needs TensorFlow ({error}): run `uv sync --extra export` or `pip install 'ventral[export]'`"
        ) from error
    for name in ("tensorflow", "absl"):
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
