"""The number of a channel, typed on the screen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from models.spec import LayerInfo
from realtime.imaging.compositing import Rect, shade
from realtime.imaging.drawing import fitting
from realtime.imaging.frame import Image
from realtime.imaging.text import ACCENT, BRIGHT, LIGHT, QUIET, text_width, write
from realtime.overlay.dialog import Choice, Dialog

PATH = "tiles/channel"
TYPED = 1.2  # seconds without a digit after which the number counts
FORGOTTEN = 8.0  # seconds after which an entry without a valid number closes
MOST_DIGITS = 5


@dataclass(frozen=True, slots=True)
class ChannelEntry(Dialog):
    """The digits so far; Enter or a moment without one selects the channel. A refused number stays, to be mended."""

    repeated: ClassVar[tuple[str, ...]] = ("Backspace",)

    layer: LayerInfo
    digits: str = ""
    refused: bool = False

    def takes(self, key: str) -> bool:
        """Digits, and what ends or corrects the number."""
        return _is_digit(key) or key in ("Enter", "Esc", "Backspace", "#")

    def press(self, key: str) -> Dialog | Choice | None:
        """Add or delete a digit, select the channel, or leave; after a refused number a digit begins anew."""
        if _is_digit(key):
            digits = ("" if self.refused else self.digits) + key
            return replace(self, digits=digits, refused=len(digits) > MOST_DIGITS)
        if key == "Backspace":
            return replace(self, digits=self.digits[:-1], refused=False)
        return self._chosen() if key == "Enter" and self.digits else None

    def wait(self, seconds: float) -> Dialog | Choice | None:
        """Select the channel a moment after the last digit; close when nothing more comes."""
        if seconds >= FORGOTTEN:
            return None
        return self._chosen() if self.digits and not self.refused and seconds >= TYPED else self

    @property
    def sentence(self) -> str:
        """The numbers that there are."""
        return f"{self.layer.name} has channels 0 to {self.layer.channels - 1}"

    def draw(self, image: Image) -> None:
        """Draw the number in the middle, as a caption: the digits large, the numbers that there are below them."""
        height, width = image.shape[:2]
        size = fitting(f"channel {'0' * MOST_DIGITS}_", round(width * 0.8), size=max(min(height, width) // 9, 12))
        small = fitting(self.sentence, round(width * 0.8), size=round(size * 0.42))
        words = max(text_width(f"channel {'0' * MOST_DIGITS}_", size, LIGHT), text_width(self.sentence, small))
        box_hw = round(size * 2.5), words + 2 * size
        left, top = (width - box_hw[1]) // 2, (height - box_hw[0]) // 2
        shade(image, Rect(left, top, *box_hw[::-1]), strength=0.92)
        write(image, f"channel {self.digits}_", left + size, top + round(size * 1.25), size, BRIGHT, LIGHT)
        colour = ACCENT if self.refused else QUIET
        write(image, self.sentence, left + size, top + round(size * 1.95), small, colour)

    def _chosen(self) -> Dialog | Choice:
        number = int(self.digits)
        return Choice(PATH, number) if number < self.layer.channels else replace(self, refused=True)


def _is_digit(key: str) -> bool:
    return len(key) == 1 and key in "0123456789"
