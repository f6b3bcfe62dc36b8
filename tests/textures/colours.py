"""Colours, BGR float32 from 0 to 1: random and natural ones, and functions that paint fields with them."""

from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.textures.fields import Field, Rng

Colour: TypeAlias = NDArray[Any]  # (3,): blue, green, red
Picture: TypeAlias = NDArray[Any]  # (size, size, 3), BGR, 0 .. 1

LUMA = np.array([0.114, 0.587, 0.299], np.float32)


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """A colour by hue (in turns), saturation and value."""
    corner = np.abs((hue * 6 + np.array([2, 4, 0], np.float32)) % 6 - 3) - 1
    return np.asarray(value * (1 - saturation + saturation * np.clip(corner, 0, 1)), np.float32)


def any_colour(rng: Rng) -> Colour:
    """Grey, muted or vivid, of any hue."""
    low, high = ((0.0, 0.08), (0.1, 0.5), (0.5, 1.0))[rng.choice(3, p=(0.2, 0.4, 0.4))]
    return hsv(rng.random(), rng.uniform(low, high), rng.uniform(0.08, 1.0))


def two(rng: Rng, contrast: float = 0.35) -> tuple[Colour, Colour]:
    """Two colours in random order, with a brightness difference of at least `contrast`."""
    while True:
        first, second = any_colour(rng), any_colour(rng)
        if abs(float((first - second) @ LUMA)) >= contrast:
            return first, second


def dark_and_light(rng: Rng, contrast: float = 0.4) -> tuple[Colour, Colour]:
    """Two colours, the darker first."""
    first, second = two(rng, contrast)
    return (first, second) if first @ LUMA < second @ LUMA else (second, first)


def several(rng: Rng, count: int) -> Colour:
    """(count, 3): matching colours, around one hue or around the whole circle."""
    start, spread = rng.random(), rng.choice([0.08, 0.3, 1.0])
    level = rng.uniform(0.15, 1.0)
    hues = start + spread * rng.random(count)
    return np.stack([hsv(hue, level * rng.uniform(0.5, 1), rng.uniform(0.15, 1)) for hue in hues])


def near(rng: Rng, colour: tuple[int, int, int], spread: float = 0.06) -> Colour:
    """A natural colour, given as red, green, blue of 0 .. 255, with small random changes."""
    base = np.array(colour[::-1], np.float32) / 255
    return np.clip(base * rng.uniform(0.8, 1.15) + rng.normal(0, spread, 3), 0, 1).astype(np.float32)


def one_of(rng: Rng, *choices: tuple[int, int, int]) -> Colour:
    """One of several natural colours."""
    return near(rng, choices[rng.integers(len(choices))])


def ramp(field: Any, *colours: Colour) -> Picture:
    """Map a field of 0 .. 1 to a colour gradient."""
    stops = np.linspace(0, 1, len(colours))
    table = np.stack([np.interp(np.linspace(0, 1, 256), stops, channel) for channel in np.stack(colours).T], -1)
    return np.asarray(table.astype(np.float32)[np.clip(field * 255, 0, 255).astype(np.uint8)])


def mix(mask: Field, below: Any, above: Any) -> Picture:
    """`below` where the mask is 0, `above` where it is 1; each a colour or a picture."""
    share = mask[..., None]
    return np.asarray(below + share * (above - below), np.float32)


def shaded(picture: Picture, light: Any) -> Picture:
    """Multiply a picture by a field of light."""
    return np.asarray(np.clip(picture * light[..., None], 0, 1), np.float32)


def sheet(size: int, colour: Colour) -> NDArray[np.uint8]:
    """A uint8 canvas of one colour: OpenCV draws smooth edges on bytes only."""
    return np.tile(np.rint(colour * 255).astype(np.uint8), (size, size, 1))


def paint(colour: Any) -> tuple[float, float, float]:
    """A colour in the format of OpenCV drawing functions."""
    blue, green, red = (float(value) * 255 for value in np.clip(colour, 0, 1))
    return blue, green, red


def drawn(canvas: NDArray[np.uint8]) -> Picture:
    """A uint8 canvas as a picture."""
    return canvas.astype(np.float32) / 255


def relief(height: Field, strength: float, angle: float) -> Field:
    """Side light on a surface: about 1, brighter where the surface faces `angle` (in turns)."""
    gradient = cv2.Sobel(height, cv2.CV_32F, 1, 0) * np.cos(angle * 2 * np.pi)
    gradient += cv2.Sobel(height, cv2.CV_32F, 0, 1) * np.sin(angle * 2 * np.pi)
    return np.asarray(np.clip(1 - strength * gradient, 0.3, 1.8), np.float32)
