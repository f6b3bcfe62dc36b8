"""Several steps of gradient ascent in one run, between which the picture stays on the device."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtime.inference.providers import Session, Tensors

SHIFTS = "shifts"


class AscentSession:
    """Runs a graph with an AscentHead once for each row of the input SHIFTS, (steps, 2): pixels down and across."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.on_the_cpu, self.size = session.on_the_cpu, session.size

    def run(self, feeds: Tensors) -> dict[str, NDArray[Any]]:
        """The outputs of the last step by name."""
        own = {name: array for name, array in feeds.items() if name != SHIFTS}
        places = [shift_feeds(own["image"].shape[:2], *map(int, each)) for each in feeds[SHIFTS]]
        if self._session.binding is None:
            for each in places:
                outputs = self._session.run({**own, **each})
                own["image"] = outputs["picture"]
            return outputs
        binding = self._session.binding
        binding.compute({**own, **places[0]})
        for each in places[1:]:
            binding.carry("picture", "image")
            binding.compute(each)
        return {name: binding.fetch(name) for name in ("picture", "value")}


def shift_feeds(size_hw: tuple[int, ...], down: int, across: int) -> dict[str, NDArray[np.int64]]:
    """The inputs that move a picture by whole pixels, mirrored at its edges, and its gradient back, with zeros."""
    height, width = size_hw
    return {
        "rows": _mirrored(height, down),
        "columns": _mirrored(width, across),
        "rows back": _inside(height, down),
        "columns back": _inside(width, across),
    }


def _mirrored(size: int, by: int) -> NDArray[np.int64]:
    """Where each pixel of a line comes from, which is moved by `by` and mirrored at its ends."""
    period = max(2 * (size - 1), 1)
    places = np.abs(np.arange(size) - by) % period
    return np.asarray(np.minimum(places, period - places) if size > 1 else 0 * places, np.int64)


def _inside(size: int, by: int) -> NDArray[np.int64]:
    """Where each pixel of a line comes from, which is moved back by `by`; `size` for those from outside."""
    places = np.arange(size) + by
    return np.where((places >= 0) & (places < size), places, size)
