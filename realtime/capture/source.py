"""The interface of every source of frames, and the row that adds a kind of source to the table in registry.py."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from realtime.imaging.frame import Image


class EndOfSource(Exception):  # noqa: N818
    """A finite source has no more frames."""


class Source(Protocol):
    """Gives one image after another; used by one thread at a time."""

    name: str
    """in the status line, such as camera 0, clip.mp4 or pattern"""
    live: bool
    """whether the source sets the pace (camera, stream); otherwise the reader does"""
    fps: float
    """nominal frame rate; 30 where it is unknown"""
    notice: str = ""
    """what the window says about it, such as that there is no camera; empty for most"""
    device: str = ""
    """the name by which the system knows a camera; empty for other sources"""

    @property
    def next_duration(self) -> float:
        """Seconds for which the next image is shown; 1 / fps unless the source knows better."""
        return 1 / self.fps

    def read(self) -> Image:
        """Return the next image, which is read-only for the caller.

        Raises EndOfSource after the last frame of a finite source, and SourceError when the source is lost.
        """

    def skip(self) -> None:
        """Skip one frame, more cheaply if possible; raises what `read` raises."""
        self.read()

    def close(self) -> None:
        """Release the device or file."""
        return


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """Options for opening a source; each kind uses those that apply to it."""

    loop: bool = False
    """start videos and pictures again at their end"""
    hold: int = 1
    """reads per still picture"""
    fps: float = 30.0
    """the rate that is wanted: the test pattern has it, and a camera is asked for it if it is more than 30"""
    device: str = ""
    """the `device` of the source before it was lost"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """A kind of source: the texts that name it, how to open it, and whether it is a still picture."""

    expected: str
    """what to type, for the error about an unknown source"""
    matches: Callable[[str], bool]
    open: Callable[[str, SourceOptions], Source]
    stands_still: bool = False
    """whether the show repeats it endlessly"""
