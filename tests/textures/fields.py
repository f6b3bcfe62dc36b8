"""Scalar fields on a square canvas: coordinates, noise, bands, Voronoi cells, streaks along a flow.

A field is float32 (size, size). Coordinates run from -0.5 to 0.5, so that a pattern looks the same at every size.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Rng: TypeAlias = np.random.Generator
Field: TypeAlias = NDArray[Any]  # (size, size), float32
Points: TypeAlias = NDArray[Any]  # (count, 2): x and y in pixels


@dataclass(frozen=True, slots=True)
class Voronoi:
    """For every pixel: its cell number, and the distances to the centre and the border of the cell in pixels."""

    cell: NDArray[np.int32]
    centre: Field
    border: Field


@dataclass(frozen=True, slots=True)
class Shingles:
    """Overlapping rows of rounded plates: the position of each pixel in its plate, and a random number per plate.

    `across` runs from -0.5 to 0.5, `along` from 0 at the root; `rim` is 1 at the edge of the plate.
    """

    across: Field
    along: Field
    rim: Field
    tint: Field


def plane(size: int) -> tuple[Field, Field]:
    """The coordinates x and y of every pixel."""
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size - 0.5
    x, y = np.meshgrid(axis, axis)
    return x, y


def polar(x: Any, y: Any) -> tuple[Field, Field]:
    """Radius, and angle in turns from 0 to 1."""
    radius, angle = cv2.cartToPolar(np.ascontiguousarray(x), np.ascontiguousarray(y))
    return np.asarray(radius), np.asarray(angle / (2 * np.pi))


def grain(rng: Rng, size: int) -> Field:
    """Normally distributed white noise with deviation 1."""
    return rng.standard_normal((size, size), dtype=np.float32)


def noise(rng: Rng, size: int, cells: float, *, stretch: float = 1.0) -> Field:
    """Smooth noise of about -1 .. 1 with `cells` lumps from left to right, `stretch` times as long as wide."""
    rows, cols = max(int(cells / stretch), 1) + 3, max(int(cells), 1) + 3
    lattice = rng.uniform(-1, 1, (rows, cols)).astype(np.float32)
    return np.asarray(cv2.resize(lattice, (size, size), interpolation=cv2.INTER_CUBIC))


def fractal(rng: Rng, size: int, cells: float, *, octaves: int = 4, stretch: float = 1.0) -> Field:
    """Noise of several scales, each half as large and half as strong as the one before; 0 .. 1."""
    total = noise(rng, size, cells, stretch=stretch)
    for octave in range(1, octaves):
        total += noise(rng, size, cells * 2**octave, stretch=stretch) * 0.5**octave
    return np.asarray((total - total.min()) / np.ptp(total))


def fraction(values: Any) -> Field:
    """The fractional part: 0 .. 1."""
    return np.asarray(values - np.floor(values), np.float32)


def step(distance: Any, softness: Any) -> Field:
    """0 below zero, 1 above, and a ramp `softness` wide between."""
    return np.asarray(np.clip(distance / softness + 0.5, 0, 1), np.float32)


def bars(phase: Any, duty: Any, softness: Any) -> Field:
    """A bar per unit of `phase`: 1 on the bar, which covers `duty` of the period."""
    return step(duty / 2 - np.abs(fraction(phase) - 0.5), softness)


def scatter(rng: Rng, size: int, across: float, jitter: float, *, staggered: bool = True) -> Points:
    """Points on a lattice of `across` from left to right, each moved by up to `jitter` of a step; some lie outside."""
    pitch = size / across
    height = pitch * (0.866 if staggered else 1.0)
    rows, cols = int(size / height) + 3, int(across) + 3
    y, x = np.mgrid[0:rows, 0:cols].astype(np.float32) - 1
    x = x + (y % 2) / 2 if staggered else x
    points = np.stack([x * pitch, y * height], axis=-1).reshape(-1, 2)
    return np.asarray(points + rng.uniform(-0.5, 0.5, points.shape) * jitter * pitch, np.float32)


def voronoi(points: Points, size: int) -> Voronoi:
    """The nearest of `points` to every pixel."""
    inside = np.ones((size, size), np.uint8)
    cols, rows = points[((points >= 0) & (points < size)).all(axis=1)].astype(int).T
    inside[rows, cols] = 0
    centre, cell = cv2.distanceTransformWithLabels(inside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    within = np.ones((size, size), np.uint8)
    within[:, 1:] = cell[:, 1:] == cell[:, :-1]
    within[1:] &= cell[1:] == cell[:-1]
    return Voronoi(np.asarray(cell), np.asarray(centre), np.asarray(cv2.distanceTransform(within, cv2.DIST_L2, 5)))


def shingles(size: int, columns: float, length: float) -> Shingles:
    """Rows of plates that point down: each covers the roots of the row below it; `length` is in plate widths."""
    x, y = plane(size)
    u, v = x * columns + 40, y * columns / length * 2 + 40
    across, along, rim, tint = (np.zeros((size, size), np.float32) for _ in range(4))
    for row in (np.floor(v), np.floor(v) - 1):
        shift = row % 2 / 2
        column = np.floor(u - shift)
        dx, dy = u - shift - column - 0.5, (v - row) / 2
        edge = np.hypot(dx * 2, np.maximum(dy - 0.5, 0) * 2)
        plate = fraction(np.sin(row * 12.9898 + column * 78.233) * 43758.5453)
        for field, value in ((across, dx), (along, dy), (rim, edge), (tint, plate)):
            np.copyto(field, value, where=edge < 1)
    return Shingles(across, along, rim, tint)


def displaced(image: Any, dx: Any, dy: Any) -> Any:
    """`image` sampled at (x + dx, y + dy) for each pixel (x, y)."""
    axis = np.arange(image.shape[0], dtype=np.float32)
    map_x = (axis[None, :] + dx).astype(np.float32)
    map_y = (axis[:, None] + dy).astype(np.float32)
    return cv2.remap(image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def streaks(image: Any, angle: Any, length: float) -> Any:
    """Blur `image` along a flow: `angle` in turns, `length` in pixels.

    Each pass averages the image with a copy displaced twice as far, so that a few passes give a long blur.
    """
    dx, dy = np.cos(angle * 2 * np.pi), np.sin(angle * 2 * np.pi)
    reach = 1.0
    while reach < length:
        image = (image + displaced(image, dx * reach, dy * reach)) / 2
        reach *= 2
    return image
