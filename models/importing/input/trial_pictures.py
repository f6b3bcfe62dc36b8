"""The pictures that an imported network is tried on, and how they become its input."""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.photographs import photographs
from models.spec import Hw, InputInfo

Floats: TypeAlias = NDArray[np.float32]

SEED = 7
MARGIN = 0.1
"""The share of each side that a cut photograph lacks."""


def photographs_and_changes(size_hw: Hw) -> Iterator[tuple[int, Floats]]:
    """The number of a photograph, and it as a picture (H, W, 3), RGB of 0 to 255: whole, then mirrored, then cut."""
    import cv2  # where it cannot be loaded, `ventral doctor` says why

    whole = [np.ascontiguousarray(image[:, :, ::-1], np.float32) for image in photographs(size_hw)]
    yield from enumerate(whole)
    yield from enumerate(np.ascontiguousarray(picture[:, ::-1]) for picture in whole)
    down, across = (round(side * MARGIN) for side in size_hw)
    for number, picture in enumerate(whole):
        inner = picture[down : size_hw[0] - down, across : size_hw[1] - across]
        yield number, np.asarray(cv2.resize(inner, size_hw[::-1]), np.float32)


def normalized_input(picture: Floats, info: InputInfo) -> Floats:
    """The tensor (1, colours, H, W) for a picture (H, W, 3) of 0 to 255 in RGB."""
    match info.colours:
        case "GREY":
            pixels = picture.mean(axis=2, keepdims=True)
        case "BGR":
            pixels = picture[:, :, ::-1]
        case "RGB":
            pixels = picture
    tensor = (pixels - np.array(info.mean, np.float32)) * np.array(info.scale, np.float32)
    return np.ascontiguousarray(tensor.transpose(2, 0, 1)[None], np.float32)


def natural_image(size_hw: Hw) -> Floats:
    """A seeded picture (H, W, 3) with the statistics of a photograph: amplitude falls with frequency, colours agree."""
    rng = np.random.default_rng(SEED)
    down, across = np.meshgrid(np.fft.fftfreq(size_hw[0]), np.fft.fftfreq(size_hw[1]), indexing="ij")
    fall = 1.0 / np.maximum(np.hypot(down, across), 1.0 / max(size_hw))
    waves = rng.normal(size=(4, *size_hw)) + 1j * rng.normal(size=(4, *size_hw))
    shared, *own = np.real(np.fft.ifft2(waves * fall))
    planes = np.stack([shared + 0.4 * plane for plane in own], axis=-1)
    picture: Floats = np.clip(120.0 + 60.0 * planes / planes.std(), 0, 255).astype(np.float32)
    return picture
