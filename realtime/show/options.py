"""The options of the command line that the show and the offline commands share."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter

from models.build.precision import PrecisionChoice
from models.errors import SettingError
from models.importing.open_network import open_network
from models.importing.overrides import InputLayout, Overrides
from models.spec import Colours, Hw, Network
from realtime.inference.execution.table import ProviderChoice
from realtime.show.unattended.hours import check_hours

OWN = Parameter(group=Group("Options for your own network, saved beside its file", sort_key=9))

CANVAS = "1280x720"
SIZE = 224  # pixels of the shorter side of the input, unless another one is chosen
LARGEST = 1e6  # the largest mean or scale: a larger one is a typing error, and would overflow


def between(low: float, high: float = math.inf) -> Parameter:
    """The annotation of an option that takes a number from `low` to `high`, and not NaN."""

    def check(_type: Any, value: float | None) -> None:
        if value is not None and not low <= value <= high:
            raise ValueError(f"{low:g} or more" if high == math.inf else f"{low:g} to {high:g}")

    return Parameter(validator=check)


InputSize = Annotated[int, between(16, 2048)]
CanvasSize = Annotated[str, Parameter(validator=lambda _type, text: text is None or parse_size(text))]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkOptions:
    """The network, what overrides its file, and where it runs."""

    model: str = "auto"
    """auto (vgg16 if it has been exported or fetched, else world, the bundled network), a name such as squeezenet, an
    .onnx file, or a folder made by ventral train"""
    provider: ProviderChoice = "auto"
    """where the network runs: auto is cuda where it works, else cpu; ventral doctor says what works here"""
    labels: Annotated[Path | None, OWN] = None
    """a file with the class names, one per line or JSON"""
    colours: Annotated[Colours | None, OWN] = None
    """the colour order of the input"""
    mean: Annotated[str | None, OWN] = None
    """per-channel mean to subtract from pixel values (0 to 255): one number, or one per channel such as 104,117,123"""
    scale: Annotated[str | None, OWN] = None
    """factor to multiply by after subtracting the mean: one number, or one per channel such as 0.017,0.018,0.017"""
    input_layout: Annotated[InputLayout | None, OWN] = None
    """the axis order of the input"""

    @property
    def overrides(self) -> Overrides:
        """What overrides the network's file; SettingError for invalid numbers."""
        return Overrides(
            labels=self.labels,
            colours=self.colours,
            mean=parse_numbers("--mean", self.mean),
            scale=_without_zero("--scale", parse_numbers("--scale", self.scale)),
            layout=self.input_layout,
        )

    def open(self) -> Network:
        """Open the network; ModelError or SettingError when that fails."""
        return open_network(self.model, self.overrides)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions(NetworkOptions):
    """The network, the view and the controls: the same for the live show and for `ventral render`."""

    view: str | None = None
    """the view to show: camera, mosaic, story, features, dream, gradcam or saliency (default: mosaic; a live show for
    which nothing is chosen begins with features)"""
    layer: str | None = None
    """the layer to show, such as block3_conv1"""
    size: InputSize | None = None
    """the shorter side of the network's input, in pixels (default: 224, less where a live show is too slow)"""
    precision: PrecisionChoice = "auto"
    """the number format that draws the view: auto is fp32, in a live show int8 on the cpu where that is too slow, and
    fp16 on cuda or bf16 on openvino where these are faster"""
    canvas: CanvasSize | None = None
    """width and height of the canvas that is shown and recorded (default: 1280x720, or that of a take)"""
    set: tuple[str, ...] = ()
    """a control and its value, such as tiles/contrast=2; repeatable (see: ventral controls)"""
    flash_limit: Literal["on", "off"] = "on"
    """limit flashes that can trigger seizures in people with epilepsy"""
    like: Path | None = None
    """start with the settings saved in a recording, snapshot, take or rendered file; other options replace them"""
    preset: str | None = None
    """a dream preset such as tunnel, whirl or stillness, or a TOML file of controls with one table per group"""

    @property
    def canvas_hw(self) -> Hw:
        """The size of the canvas."""
        return parse_size(self.canvas or CANVAS)

    @property
    def short_side(self) -> int:
        """The shorter side of the network's input, in pixels."""
        return SIZE if self.size is None else self.size


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions(RenderOptions):
    """What a show starts with; it does not change while the show runs."""

    source: str = "auto"
    """auto, a camera number or name, a video, a picture, a folder of pictures, an http or rtsp URL, or pattern"""
    loop: bool = False
    """restart a video when it ends"""
    wait: bool = False
    """start even if the source is not there yet, and wait for it"""
    fps: Annotated[float | None, between(5, 120)] = None
    """the rate that the show holds, at most that of the source (default: 30)"""
    sink: tuple[str, ...] = ("window",)
    """where to show the canvas: window, or none for no window; repeatable"""
    fullscreen: bool = False
    """fill the screen with the window, with a canvas of the size of the screen"""
    kiosk: bool = False
    """for visitors: fullscreen, without mouse cursor and status line, with --wait; until Ctrl+Shift+O, no key ends the
    show, writes files or covers the picture; nothing is recorded without --record, --record-window, --log
    or --recording on"""
    hours: Annotated[str | None, Parameter(validator=check_hours)] = None
    """when the show is open, such as "mon-fri 09:00-18:00, sat 10:00-14:00@50%" (@50% dims); at other times the window
    is black, the camera is closed, and the network does not run (default: always open)"""
    recording: Literal["on", "off"] | None = None
    """whether keys can record, save snapshots and save the last seconds (default: on, in a kiosk off)"""
    frames: Annotated[int | None, between(1)] = None
    """stop after this many frames"""
    seconds: Annotated[float | None, between(0.001)] = None
    """stop after this many seconds"""
    attract: Annotated[float | None, between(1)] = None
    """go through the views after this many seconds without a key or a click, until the next key or click"""
    record: tuple[Path, ...] = ()
    """record the whole show to an .mp4, .gif, .webm or .webp file, or to PNG files named as in film-%05d.png;
    repeatable"""
    record_window: tuple[Path, ...] = ()
    """the same for what the window shows, with status line, help and cards; repeatable"""
    log: Path | None = None
    """record a take, a .take file for ventral render: what the camera sees, and every change of a value"""
    resume: Path | None = None
    """start with the values saved in this file, if it exists, and keep saving them to it"""
    force: bool = False
    """let --record, --record-window, --log and --report replace an existing file"""
    folder: Path = Path()
    """the folder for recordings and snapshots made with keys"""
    fault: Annotated[tuple[str, ...], Parameter(show=False)] = ()
    """for developers: something that fails, such as camera:hang@5s; repeatable"""
    restarted: Annotated[bool, Parameter(show=False)] = False
    """for ventral supervise: record under the next free names, and replace the report of the show before"""
    report: Path | None = None
    """write measurements to this JSON file"""

    log_file: Path | None = None
    """also write the log to this file, up to 5 MB; older parts are FILE.1 to FILE.5"""
    health: Annotated[int | None, between(0, 65535)] = None
    """serve /health (JSON) and /metrics (Prometheus) on this port of 127.0.0.1; 0 takes a free port and logs it"""

    @property
    def keys_record(self) -> bool:
        """Whether keys may record and save what was shown."""
        return self.recording == "on" if self.recording is not None else not self.kiosk


def parse_size(text: str) -> Hw:
    """Turn "1280x720" into (720, 1280), each rounded down to an even number for video; SettingError if invalid."""
    match = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", text.strip().lower())
    width, height = (int(part) for part in match.groups()) if match else (0, 0)
    if not (160 <= width <= 7680 and 120 <= height <= 4320):
        raise SettingError(f"--canvas takes WIDTHxHEIGHT from 160x120 to 7680x4320, but got '{text}'")
    return height - height % 2, width - width % 2


def canvas_text(canvas_hw: Hw) -> str:
    """A size as --canvas takes it."""
    return f"{canvas_hw[1]}x{canvas_hw[0]}"


def parse_numbers(option: str, text: str | None) -> tuple[float, ...] | None:
    """Turn "104,117,123" or "0.5" into numbers; SettingError unless there are one or three."""
    if text is None:
        return None
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) not in (1, 3) or not all(abs(number) < LARGEST for number in numbers):
        raise SettingError(f"{option} takes one number, or one per channel such as 104,117,123, but got '{text}'")
    return numbers


def _without_zero(option: str, numbers: tuple[float, ...] | None) -> tuple[float, ...] | None:
    if numbers is not None and 0.0 in numbers:
        raise SettingError(f"{option} takes numbers other than 0: a scale of 0 would make every picture black")
    return numbers
