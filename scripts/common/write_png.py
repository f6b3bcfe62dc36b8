"""Writing one picture as a PNG file."""

from pathlib import Path

import cv2

from models.files import write_atomically
from realtime.imaging.frame import Image


def write_png(path: Path, image: Image) -> None:
    """Write an image to a new or an existing file; OutputError when that fails."""
    write_atomically(path, cv2.imencode(".png", image)[1].tobytes())
