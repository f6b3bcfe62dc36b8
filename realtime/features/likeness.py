"""Likeness to chosen places: everything that the network finds alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from realtime.features.projection import Projection
from realtime.imaging.frame import Floats

MAX_POINTS = 8  # the oldest is forgotten
ALIKE = (0.4, 0.8)  # cosine of the angle between two features: black, and full light


@dataclass(frozen=True, slots=True)
class Point:
    """A place of the picture, from 0 to 1 across and down; `wanted` is false for an example of what is not meant."""

    x: float
    y: float
    wanted: bool = True


def parse_points(text: str) -> tuple[Point, ...]:
    """Points from text such as `0.4,0.3 -0.7,0.2`; a minus means "not this". ValueError for other text."""
    points = []
    for word in text.split():
        x, y = (float(number) for number in word.removeprefix("-").split(","))
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise ValueError(f"{word} lies outside of the picture")
        points.append(Point(x, y, not word.startswith("-")))
    return tuple(dict.fromkeys(points))[-MAX_POINTS:]


def format_points(points: tuple[Point, ...]) -> str:
    """The inverse of `parse_points`."""
    return " ".join(f"{'' if each.wanted else '-'}{each.x:.3f},{each.y:.3f}" for each in points[-MAX_POINTS:])


class Likeness:
    """Remembers the features of points from the moment when they were chosen, wherever they move."""

    def __init__(self) -> None:
        self._features: dict[Point, Floats] = {}

    @property
    def points(self) -> tuple[Point, ...]:
        """The points, in order."""
        return tuple(self._features)

    def update(self, points: tuple[Point, ...], places: Floats) -> None:
        """Choose points; the features of new ones are taken from those of the picture, (C, h, w)."""
        _, height, width = places.shape
        for point in set(points) - set(self._features):
            row, column = min(int(point.y * height), height - 1), min(int(point.x * width), width - 1)
            self._features[point] = places[:, row, column]
        self._features = {point: self._features[point] for point in points}

    def maps(
        self, points: tuple[Point, ...], channels: int, run: Callable[[Projection], Mapping[str, Floats]]
    ) -> Floats:
        """The map of each point from the graph that `run` runs, (MAX_POINTS, h, w); a new point takes two passes."""
        if self.points != points:
            self.update(points, run(Projection.nothing(MAX_POINTS, channels))["places"])
        return run(self.projection(channels))["maps"]

    def projection(self, channels: int) -> Projection:
        """For each point the cosine of the angle to its feature; zero for what is left of MAX_POINTS."""
        nothing = Projection.nothing(MAX_POINTS, channels)
        for row, feature in enumerate(self._features.values()):
            nothing.rows[row] = feature
        return nothing


def likeness(maps: Floats, points: tuple[Point, ...]) -> Floats:
    """How much each place is alike, 0 to 1, (height, width), from the maps of `Likeness.projection`."""
    wanted = [each for each, point in zip(maps, points, strict=False) if point.wanted]
    others = [each for each, point in zip(maps, points, strict=False) if not point.wanted]
    if not wanted:
        return np.zeros(maps.shape[1:], np.float32)
    best = np.max(wanted, axis=0)
    if others:
        best = np.where(np.max(others, axis=0) > best, 0, best)
    low, high = ALIKE
    return np.asarray(np.clip((best - low) / (high - low), 0, 1), np.float32)
