"""What a network is fed, and how that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.spec import Colours, InputInfo

BGR_MEAN, RGB_MEAN, RGB_STD = (104.0, 117.0, 123.0), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""The mean colour of ImageNet, as Caffe's networks take it away, and as PyTorch's do, with its deviation."""


@dataclass(frozen=True, slots=True)
class Normalization:
    """A way of feeding that is in use: how a pixel of 0 to 255 becomes what goes in."""

    name: str
    colours: Colours
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def input(self, channels: int) -> InputInfo:
        """It as the facts of an input, in grey where the network has one colour."""
        if channels == 1:
            grey = (sum(self.mean) / len(self.mean),), (sum(self.scale) / len(self.scale),)
            return InputInfo("GREY", *grey)
        return InputInfo(self.colours, self.mean, self.scale)


CAFFE = Normalization("caffe", "BGR", BGR_MEAN, (1.0, 1.0, 1.0))
TORCH = Normalization(
    "torch", "RGB", tuple(255 * mean for mean in RGB_MEAN), tuple(1 / (255 * deviation) for deviation in RGB_STD)
)
TENSORFLOW = Normalization("tensorflow", "RGB", (127.5,) * 3, (1 / 127.5,) * 3)
UNIT = Normalization("unit", "RGB", (0.0,) * 3, (1 / 255,) * 3)
RAW = Normalization("raw", "RGB", (0.0,) * 3, (1.0,) * 3)

NORMALIZATIONS = (TORCH, TENSORFLOW, UNIT, CAFFE, RAW)


@dataclass(frozen=True, slots=True)
class InputEstimate:
    """What a network is fed and how that is known; where it is `sure` nothing has to be tried."""

    input: InputInfo
    reason: str
    sure: bool

    @property
    def words(self) -> str:
        """In a few words, such as: BGR minus (104, 117, 123), from its metadata."""
        if self.sure:
            return f"{describe(self.input)}, {self.reason}"
        return f"{describe(self.input)}, guessed: {self.reason}; if it sees badly say --colours, --mean, --scale"


def describe(info: InputInfo) -> str:
    """What is done to the pixels: RGB minus (123.7, 116.3, 103.5) times (0.01712, ...)."""
    text: str = info.colours
    if any(info.mean):
        text += f" minus {_numbers(info.mean)}"
    if any(scale != 1.0 for scale in info.scale):
        text += f" times {_numbers(info.scale)}"
    return text if text != info.colours else f"{text} 0 to 255"


def _numbers(values: Sequence[float]) -> str:
    short = [f"{value:.4g}" for value in values]
    return short[0] if len(set(short)) == 1 else f"({', '.join(short)})"
