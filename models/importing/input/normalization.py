"""How pixels become the input of a network, and how that is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.spec import Colours, InputInfo

BGR_MEAN, RGB_MEAN, RGB_STD = (104.0, 117.0, 123.0), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""The mean colour of ImageNet that Caffe's networks subtract; the mean and standard deviation of PyTorch's."""


@dataclass(frozen=True, slots=True)
class Normalization:
    """A common normalization: tensor = (pixel - mean) * scale, pixels 0 to 255."""

    name: str
    colours: Colours
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def input(self, channels: int) -> InputInfo:
        """The record of an input that is normalized so; grey for one channel."""
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
    """How pixels become the input, and how that is known; an estimate that is not `sure` is tried out."""

    input: InputInfo
    reason: str
    sure: bool

    @property
    def text(self) -> str:
        """A short text such as: BGR minus (104, 117, 123), from its metadata."""
        if self.sure:
            return f"{describe(self.input)}, {self.reason}"
        return f"{describe(self.input)}, guessed: {self.reason}; to correct it use --colours, --mean and --scale"


def as_pixels(estimate: InputEstimate | None, channels: int) -> InputEstimate:
    """Plain pixels, since the input takes integers; the colours are those of `estimate` where there is one."""
    info = RAW.input(channels)
    if estimate:
        info = replace(info, colours=estimate.input.colours)
    return InputEstimate(info, "because it takes integers", sure=True)


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
