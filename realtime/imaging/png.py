"""Images as PNG files, without loss."""

from pathlib import Path

import cv2
import numpy as np

from models.files import write_atomically
from realtime.imaging.frame import Image


def encode_png(image: Image) -> bytes:
    """The content of a PNG file."""
    return cv2.imencode(".png", np.ascontiguousarray(image))[1].tobytes()


def write_png(path: Path, image: Image) -> None:
    """Write an image to a new or an existing file; OutputError when that fails."""
    write_atomically(path, encode_png(image))
