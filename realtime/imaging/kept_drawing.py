"""Text that stays the same is drawn once: it is kept as long as what lies under it stays the same too."""

from collections.abc import Callable, Hashable

import numpy as np

from realtime.imaging.frame import Image


class KeptDrawing:
    """One drawing on a part of a picture, as it was drawn last."""

    def __init__(self) -> None:
        self._kept: tuple[Hashable, Image, Image] | None = None

    def draw(self, part: Image, identity: Hashable, draw: Callable[[], None]) -> None:
        """Do what `draw` does to a part of a picture, and to nothing else; `identity` is what it draws."""
        if self._kept is not None:
            drawn, before, after = self._kept
            if drawn == identity and before.shape == part.shape and np.array_equal(before, part):
                part[:] = after
                return
        before = part.copy()
        draw()
        self._kept = identity, before, part.copy()
