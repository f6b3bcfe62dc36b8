"""Cross-fades: a change of what is shown blends from one image into the next."""

from realtime.imaging.compositing import blend
from realtime.imaging.frame import Image

FIRST_STEP = 0.35  # weight at which the new image starts, so that a key press shows at once


class CrossFade:
    """Blends the last image into the new one when what is shown changes."""

    def __init__(self) -> None:
        self._identity: tuple[object, ...] | None = None
        self._from: Image | None = None
        self._last: Image | None = None
        self._since = 0.0

    def apply(self, image: Image, identity: tuple[object, ...], now: float, *, seconds: float) -> Image:
        """`image`, blended with the image before for `seconds` after `identity` has changed."""
        if identity != self._identity:
            self._from, self._since, self._identity = self._last, now, identity
        progress = (now - self._since) / seconds if seconds > 0 else 1.0
        if self._from is not None and self._from.shape == image.shape and progress < 1.0:
            image = blend(self._from, image, max(progress, FIRST_STEP))
        else:
            self._from = None
        self._last = image
        return image
