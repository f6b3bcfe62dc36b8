"""What takes the keys for a while and is drawn over the canvas: the list of layers, the number of a channel."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from models.spec import Hw
from realtime.controls.value import Scalar
from realtime.imaging.frame import Image


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that was chosen in a dialog, which then closes."""

    path: str
    value: Scalar


class Dialog(ABC):
    """One state of a dialog; what a key makes of it is the next state, a choice, or None: it closes.

    Keys that it does not take close it and do their own work. One that `fills` the window hides the status line; the
    keys that are `repeated` go on while they are held.
    """

    fills: ClassVar[bool] = False
    repeated: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def takes(self, key: str) -> bool:
        """Whether a key means something here."""

    @abstractmethod
    def press(self, key: str) -> Dialog | Choice | None:
        """What a key that it takes makes of it."""

    @abstractmethod
    def draw(self, image: Image) -> None:
        """Draw it over the canvas, in the window."""

    @abstractmethod
    def wait(self, seconds: float) -> Dialog | Choice | None:
        """What becomes of it when nothing was done for some seconds."""

    def turn(self, notches: int) -> Dialog | None:
        """What the wheel makes of it; None where it does its own work."""
        return None

    def click(self, x: float, y: float, window_hw: Hw) -> Dialog | Choice | None:
        """What a click at a place of the window makes of it."""
        return None
