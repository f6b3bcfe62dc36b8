"""Carries one picture over into the next, so that a change is seen as a change and not as a cut."""

from __future__ import annotations

from realtime.imaging.compositing import blend
from realtime.imaging.frame import Image

FIRST_STEP = 0.35
"""A key press shows at once: the new picture starts at this weight."""


class CrossFade:
    """Carries one picture over into the next when what is shown changes."""

    def __init__(self) -> None:
        self._identity: tuple[object, ...] | None = None
        self._from: Image | None = None
        self._last: Image | None = None
        self._since = 0.0

    def apply(self, image: Image, identity: tuple[object, ...], now: float, *, seconds: float) -> Image:
        """`image`, blended with what was there before for `seconds` after `identity` changed."""
        if identity != self._identity:
            self._from, self._since, self._identity = self._last, now, identity
        progress = (now - self._since) / seconds if seconds > 0 else 1.0
        if self._from is not None and progress < 1.0:
            image = blend(self._from, image, max(progress, FIRST_STEP))
        else:
            self._from = None
        self._last = image
        return image
