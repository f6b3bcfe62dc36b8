"""The pictures of a film, with their times."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from realtime.imaging.frame import Image


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture that becomes an image where it is shown: many are only passed over."""

    start: float
    """seconds after the start of the film"""
    duration: float
    """seconds for which it is shown if it is the last one; any other is shown until the next"""
    to_image: Callable[[], Image]


class Film(Protocol):
    """An open film."""

    fps: float
    """the rate of its pictures; where it varies, a rate at which none is lost"""

    def pictures(self) -> Iterator[Picture]:
        """The pictures in the order in which they are shown; SourceError when the film is damaged at its end."""

    def close(self) -> None:
        """Close the file or the connection."""
