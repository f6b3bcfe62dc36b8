"""The seam between the outside world and the show: whatever gives pictures is a Source."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.errors import SourceError
from realtime.imaging.frame import Image


class EndOfSource(Exception):  # noqa: N818
    """A finite source has given its last picture."""


class Source(Protocol):
    """Gives one picture after another; used by one thread at a time."""

    @property
    def name(self) -> str:
        """What the HUD calls it: "camera 0", "clip.mp4", "pattern"."""

    @property
    def live(self) -> bool:
        """Whether the world sets the pace (camera, stream); else the reader does."""

    @property
    def fps(self) -> float:
        """Nominal pictures per second; 30 where nothing says otherwise."""

    def read(self) -> Image:
        """Take the next picture, which must not be written into.

        Raises EndOfSource when a finite source is over and SourceError when the source is lost.
        """

    def skip(self) -> None:
        """Pass over one picture for less than it costs to read it; raises what `read` raises."""

    def close(self) -> None:
        """Give back the device or file."""


def as_bgr(picture: NDArray[Any], name: str) -> Image:
    """Make a contiguous uint8 BGR picture, (H, W, 3), of a grey, BGR or BGRA one with 8 or 16 bits.

    Transparency is laid over black. SourceError names the source when the array is none of these.
    """
    channels = 1 if picture.ndim == 2 else picture.shape[-1]
    if picture.ndim not in (2, 3) or channels not in (1, 3, 4) or picture.dtype not in (np.uint8, np.uint16):
        raise SourceError(
            f"{name} gives arrays of shape {picture.shape} and type {picture.dtype};"
            " expected grey, BGR or BGRA pictures with 8 or 16 bits"
        )
    if picture.dtype == np.uint16:
        picture = (picture >> 8).astype(np.uint8)
    if channels == 1:
        picture = np.repeat(picture.reshape(*picture.shape[:2], 1), 3, axis=2)
    if channels == 4:
        picture = over_black(picture)
    return np.ascontiguousarray(picture)


def over_black(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Darken the three colours of a four-channel picture by its transparency."""
    opaque = picture[..., 3:].astype(np.uint16)
    return ((picture[..., :3] * opaque + 127) // 255).astype(np.uint8)
