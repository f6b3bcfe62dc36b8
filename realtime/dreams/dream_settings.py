"""The values of the dream on moving pictures."""

from dataclasses import dataclass
from typing import ClassVar

from realtime.controls.read_preset import SHIPPED
from realtime.controls.value import KeyBinding, value


@dataclass(frozen=True, slots=True)
class DreamSettings:
    """How the dream is computed, moves and fades."""

    group: ClassVar[str] = "dream"

    channel: int = value(-1, "channel to dream of; -1 for the whole layer", low=-1, high=4095)
    size: int = value(192, "short side of the dream, in pixels", low=64, high=512)
    strength: float = value(
        26.0,
        "maximum strength of the dream, in pixel values (0 to 255)",
        KeyBinding(("-",), "step", "dream weaker", -4, feedback="dream strength"),
        KeyBinding(("=",), "step", "dream stronger", 4, feedback="dream strength"),
        low=0,
        high=80,
    )
    steps: int = value(2, "gradient ascent steps per result", low=1, high=10)
    step_size: float = value(2.0, "mean change of a pixel value (0 to 255) per step", low=0.1, high=20)
    octaves: int = value(3, "number of octaves (sizes of the picture)", low=1, high=5)
    octave_scale: float = value(1.5, "size ratio of two successive octaves", low=1.1, high=2.5)
    jitter: int = value(16, "maximum random shift before each step, in pixels", low=0, high=64)
    smooth: float = value(0.5, "blur of the gradient, in pixels", low=0, high=3)
    fade: float = value(3.0, "time for the dream to fade to about a third, in seconds", low=0.1, high=60)
    zoom: float = value(1.0, "zoom factor per second", low=0.5, high=2)
    turn: float = value(0.0, "rotation per second, in degrees", low=-90, high=90)
    across: float = value(0.0, "drift to the right per second, in widths of the picture", low=-1, high=1)
    down: float = value(0.0, "downward drift per second, in heights of the picture", low=-1, high=1)
    flow: bool = value(True, "move the dream along with the picture (optical flow)")
    colours: str = value("dream", "take the colours from the dream or from the camera", choices=("dream", "camera"))
    stillness: bool = value(False, "show the dream only while the picture is still")
    seed: int = value(0, "seed of the random shifts", high=1_000_000)
    preset: str = value(
        "none", "dream preset", KeyBinding(("9",), "cycle", "next dream preset"), choices=("none", *SHIPPED)
    )
