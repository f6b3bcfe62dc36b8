"""Start-up facts from the command line."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from models.errors import SettingError
from models.importing.open_network import open_network
from models.importing.overrides import InputLayout, Overrides
from models.spec import Colours, Hw, Network, Precision

OWN = Parameter(group=Group("A network of your own", sort_key=1))
"""Said once, and remembered beside the file."""


LARGEST = 1e6
"""A mean or a scale beyond it is a slip of the finger, and would overflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkOptions:
    """Which network, what its file does not say about it, and where it runs."""

    model: str = "auto"
    """auto (VGG16 once it is exported), a name such as vgg16, or an .onnx file: any convolutional network"""
    provider: Literal["auto", "cuda", "cpu"] = "auto"
    """where the network runs"""
    labels: Annotated[Path | None, OWN] = None
    """a text file with the name of each class, one a line"""
    colours: Annotated[Colours | None, OWN] = None
    """the order of the colours that it wants: BGR, RGB or GREY"""
    mean: Annotated[str | None, OWN] = None
    """what is taken away from the pixels, 0 to 255: one number, or one for each colour, such as 104,117,123"""
    scale: Annotated[str | None, OWN] = None
    """what they are multiplied by then: one number or three, such as 0.0039"""
    layout: Annotated[InputLayout | None, OWN] = None
    """the axes of its input: NCHW or NHWC"""

    @property
    def hints(self) -> Overrides:
        """What is said of the network; SettingError for what are no numbers."""
        return Overrides(
            labels=self.labels,
            colours=self.colours,
            mean=parse_numbers("--mean", self.mean),
            scale=_no_zero("--scale", parse_numbers("--scale", self.scale)),
            layout=self.layout,
        )

    def open(self) -> Network:
        """The network chosen; ModelError or SettingError when it cannot be had."""
        return open_network(self.model, self.hints)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions(NetworkOptions):
    """What is drawn: the network, the view, and how; the same live and offline."""

    view: str | None = None
    """what is shown first: camera, mosaic, story, dream, gradcam or back"""
    layer: str | None = None
    """the layer shown first, such as block3_conv1"""
    size: int = 224
    """short side, in pixels, of what the network sees"""
    precision: Precision = "fp32"
    """how exactly the network computes"""
    canvas: str = "1280x720"
    """width and height of the picture that is shown and recorded"""
    set: tuple[str, ...] = ()
    """a control and its value, such as tiles/contrast=2; may be given several times"""
    preset: str | None = None
    """tunnel, whirl, stillness and other dreams, or a TOML file of controls: a table per group"""

    @property
    def canvas_hw(self) -> Hw:
        """The size of the canvas; SettingError when it is no size."""
        return parse_size(self.canvas)

    def check(self) -> None:
        """Raise SettingError for a number that makes no sense."""
        if not 16 <= self.size <= 2048:
            raise SettingError(f"--size takes 16 to 2048 pixels, but got {self.size}")
        _ = self.canvas_hw


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions(RenderOptions):
    """What a show is started with; fixed while it runs."""

    source: str = "auto"
    """auto, a camera's number or name, a video, a picture, a folder of pictures, an http or rtsp URL, or pattern"""
    loop: bool = False
    """start a video again at its end"""
    sink: Literal["window", "none"] = "window"
    """window, or none for no window"""
    frames: int | None = None
    """end after so many pictures"""
    seconds: float | None = None
    """end after so many seconds"""
    record: Path | None = None
    """record from the first picture to the last: a .gif or .mp4 file"""
    force: bool = False
    """let --record and --report replace a file that is already there"""
    folder: Path = Path()
    """where the keys for recording and snapshots put their files"""
    report: Path | None = None
    """write what was measured to this JSON file"""

    def check(self) -> None:
        """Raise SettingError for a number that makes no sense."""
        RenderOptions.check(self)
        positive("--frames", self.frames)
        positive("--seconds", self.seconds)


def parse_size(text: str) -> Hw:
    """Turn "1280x720" into (720, 1280), both made even as video wants them."""
    match = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", text.strip().lower())
    width, height = (int(part) for part in match.groups()) if match else (0, 0)
    if not (160 <= width <= 7680 and 120 <= height <= 4320):
        raise SettingError(f"--canvas takes WIDTHxHEIGHT from 160x120 to 7680x4320, but got '{text}'")
    return height - height % 2, width - width % 2


def parse_numbers(option: str, text: str | None) -> tuple[float, ...] | None:
    """Turn "104,117,123" or "0.5" into numbers; SettingError unless they are one or three."""
    if text is None:
        return None
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) not in (1, 3) or not all(math.isfinite(number) and abs(number) < LARGEST for number in numbers):
        raise SettingError(f"{option} takes one number, or three such as 104,117,123, but got '{text}'")
    return numbers


def _no_zero(option: str, numbers: tuple[float, ...] | None) -> tuple[float, ...] | None:
    if numbers is not None and 0.0 in numbers:
        raise SettingError(f"{option} takes numbers other than 0, which would leave nothing to see")
    return numbers


def positive(option: str, value: float | None) -> None:
    """Raise SettingError unless `value` is above 0 or was not given."""
    if value is not None and not value > 0:
        raise SettingError(f"{option} takes a number above 0, but got {value:g}")
