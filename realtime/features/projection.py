"""The input of the graph that projects features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from realtime.imaging.frame import Floats, Image
from realtime.inference.providers import Tensors


@dataclass(frozen=True, slots=True)
class Projection:
    """What each axis measures of features x at unit length: `rows` (axes, C) @ x + `offset` (axes,)."""

    rows: Floats
    offset: Floats

    @classmethod
    def nothing(cls, axes: int, channels: int) -> Projection:
        """Zero everywhere."""
        return cls(np.zeros((axes, channels), np.float32), np.zeros(axes, np.float32))

    def feeds(self, image: Image) -> Tensors:
        """The inputs of a graph with a ProjectionHead."""
        return {"image": image, "projection": self.rows, "offset": self.offset}

    def towards(self, other: Projection, share: float) -> Projection:
        """A mixture with `share` of the other."""
        rows = self.rows + np.float32(share) * (other.rows - self.rows)
        return Projection(rows, self.offset + np.float32(share) * (other.offset - self.offset))


def vectors(places: Floats) -> Floats:
    """From (C, h, w) to (places, C)."""
    return np.ascontiguousarray(places.reshape(len(places), -1).T)
