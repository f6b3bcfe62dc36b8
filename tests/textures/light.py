"""Turns a flat pattern into a simulated photograph: perspective, shadow, light, blur, noise."""

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.textures.colours import Picture, any_colour, mix
from tests.textures.fields import Field, Rng, noise, plane, step

CANVAS = 1.5  # the size of the flat pattern, in sizes of the photograph


def photograph(rng: Rng, pattern: Picture, size: int, *, tilt: float) -> NDArray[np.uint8]:
    """A uint8 BGR photograph (size, size, 3) of a flat pattern, rotated by up to `tilt` turns either way."""
    picture = view(rng, pattern, size, tilt)
    if rng.random() < 0.12:
        picture = mix(_patch(rng, size), picture, any_colour(rng))
    return developed(rng, picture * _light(rng, size))


def view(rng: Rng, pattern: Picture, size: int, tilt: float) -> Picture:
    """`pattern` with random rotation, distance, perspective and curvature."""
    x, y = plane(size)
    turn = rng.uniform(-tilt, tilt) * 2 * np.pi
    extent = size * rng.uniform(0.55, 1.05)
    lean = rng.normal(0, 0.22, 2).clip(-0.5, 0.5)
    depth = 1 + lean[0] * x + lean[1] * y
    x, y = x / depth * extent, y / depth * extent
    bend = rng.choice([0.0, 0.015, 0.03]) * size
    middle = len(pattern) / 2 - 0.5 + rng.uniform(-0.06, 0.06, 2) * size
    map_x = x * np.cos(turn) - y * np.sin(turn) + middle[0] + bend * noise(rng, size, 2)
    map_y = x * np.sin(turn) + y * np.cos(turn) + middle[1] + bend * noise(rng, size, 2)
    maps = map_x.astype(np.float32), map_y.astype(np.float32)
    return np.asarray(cv2.remap(pattern, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101))


def _patch(rng: Rng, size: int) -> Field:
    """The mask of another object: a disc or a half plane at the edge of the picture."""
    x, y = plane(size)
    turn = rng.uniform(0, 2 * np.pi)
    across, along = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    distance = across - rng.uniform(0.25, 0.45)
    if rng.random() < 0.5:
        distance = 0.3 - np.hypot(across - rng.uniform(0.4, 0.6), along)
    return step(distance, 2 / size)


def _light(rng: Rng, size: int) -> NDArray[np.float32]:
    """Tinted light from one side, sometimes with a shadow: (size, size, 3)."""
    x, y = plane(size)
    slope = rng.normal(0, 0.35, 2)
    light = 1 + slope[0] * x + slope[1] * y
    if rng.random() < 0.25:
        light = light * (1 - rng.uniform(0.2, 0.55) * step(noise(rng, size, 2), rng.uniform(0.1, 0.6)))
    lamp = rng.normal(1, 0.06, 3) * rng.uniform(0.75, 1.15)
    return np.asarray(light[..., None] * lamp, np.float32)


def developed(rng: Rng, picture: Picture) -> NDArray[np.uint8]:
    """Apply contrast, saturation, lens blur and sensor noise."""
    contrast, fade = rng.uniform(0.6, 1.15), rng.uniform(0, 0.12)
    picture = (picture - 0.5) * contrast + 0.5 + rng.uniform(-1, 1) * fade
    if rng.random() < 0.06:
        picture = np.repeat(picture.mean(axis=-1, keepdims=True), 3, axis=-1)
    if rng.random() < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 1.1))
    strength = rng.choice([0.0, 0.015, 0.04])
    picture = picture + strength * rng.standard_normal(picture.shape, dtype=np.float32)
    return np.asarray(np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8))
