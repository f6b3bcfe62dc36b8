"""The values of the dream on moving pictures."""

from dataclasses import dataclass
from typing import ClassVar

from realtime.controls.read_preset import SHIPPED
from realtime.controls.value import KeyBinding, value
from realtime.dreams.colours import COLOURS
from realtime.dreams.forms.names import FORMS

DEPTH = 0.65  # the depth in the network at which dreams look best: patterns, but not yet whole objects


@dataclass(frozen=True, slots=True)
class DreamSettings:
    """How the dream is computed, moves and is replaced."""

    group: ClassVar[str] = "dream"

    depth: float = value(DEPTH, "depth of the layer in the network: 0 for the first, 1 for the last")
    channel: int = value(-1, "channel to dream of; -1 for the whole layer", low=-1, high=4095)
    objective: str = value("", "what to dream of instead of the layer, such as 0.7*conv4:23 + 0.3*conv5 or class:cup")
    size: int = value(448, "long side of the picture in which shapes grow, in pixels", low=64, high=1280)
    strength: float = value(
        30.0,
        "strength of the dream, in pixel values (0 to 255)",
        KeyBinding(("-",), "step", "dream weaker", -4, feedback="dream strength"),
        KeyBinding(("=",), "step", "dream stronger", 4, feedback="dream strength"),
        low=0,
        high=80,
    )
    octaves: int = value(3, "number of octaves (sizes of the picture)", low=1, high=5)
    octave_scale: float = value(1.5, "size ratio of two successive octaves", low=1.1, high=2.5)
    steps: int = value(8, "gradient ascent steps per octave", low=1, high=40)
    finish: int = value(3, "further steps at one and a half times the size, for fine lines", low=0, high=20)
    sharpen: float = value(1.2, "how much fine lines are sharpened while the picture is still", low=0, high=3)
    step_size: float = value(2.0, "mean change of a pixel value (0 to 255) per step", low=0.1, high=20)
    jitter: int = value(24, "maximum random shift before each step, in pixels", low=0, high=64)
    scales: int = value(4, "scales of the gradient with the same strength; 1 for fine lines", low=1, high=6)
    echo: float = value(0.6, "share of the dream that the next key picture begins with")
    every: float = value(2.0, "time from one key picture to the next, at least, in seconds", low=0, high=60)
    dissolve: float = value(1.0, "time in which a new key picture replaces the one before, in seconds", high=10)
    zoom: float = value(1.0, "zoom factor per second", low=0.5, high=2)
    turn: float = value(0.0, "rotation per second, in degrees", low=-90, high=90)
    across: float = value(0.0, "drift to the right per second, in widths of the picture", low=-1, high=1)
    down: float = value(0.0, "downward drift per second, in heights of the picture", low=-1, high=1)
    sway: float = value(0.0, "how far the dream sways to each side, in widths of the picture", low=0, high=0.1)
    flow: bool = value(True, "move the dream along with the picture (optical flow)")
    colours: str = value(
        "dream", "colours of the dream, those of the camera, or two inks for the whole picture", choices=COLOURS
    )
    form: str = value("plain", "how the picture is drawn with its dream", choices=FORMS)
    region: bool = value(True, "dream only where it is like the chosen places (features/points), if there are any")
    stillness: bool = value(False, "show the dream only while the picture is still")
    seed: int = value(0, "seed of the random shifts", high=1_000_000)
    preset: str = value(
        "none", "dream preset", KeyBinding(("9",), "cycle", "next dream preset"), choices=("none", *SHIPPED)
    )
