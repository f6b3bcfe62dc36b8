"""The bundled photographs, on which networks are measured."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import models
from models.spec import Hw

PHOTOGRAPHS = Path(models.__file__).parent / "assets" / "photographs.jpg"
SIDE = 224  # pixels of each photograph, one below the other


def photographs(size_hw: Hw) -> list[NDArray[np.uint8]]:
    """The bundled photographs, BGR (h, w, 3)."""
    import cv2  # where it cannot be loaded, `ventral doctor` says why

    column = cv2.imread(str(PHOTOGRAPHS), cv2.IMREAD_COLOR)
    assert column is not None, PHOTOGRAPHS
    squares = column.reshape(-1, SIDE, SIDE, 3)
    return [np.asarray(cv2.resize(square, size_hw[::-1]), np.uint8) for square in squares]
