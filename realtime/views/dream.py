"""The dream: what a layer, or one channel, wants to see, drawn into the moving picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import ClassVar

import cv2
import numpy as np

from models.spec import DreamHead, GraphSpec, Hw, LayerInfo, ModelInfo
from realtime.controls.action import action
from realtime.controls.controls import Controls
from realtime.controls.presets import SHIPPED, words
from realtime.controls.value import Bind, value
from realtime.dreams.deepdream import step
from realtime.dreams.dream_state import DreamMotion, DreamState, laid_on
from realtime.dreams.objective import Objective, ObjectiveGradient
from realtime.dreams.optical_flow import shifted
from realtime.dreams.rules import apply_dream_preset, follow_dream_view
from realtime.imaging.compositing import fitted, resize
from realtime.imaging.frame import Floats
from realtime.inference.channels import channel_weights
from realtime.inference.network_input import input_size
from realtime.views.view import Rendered, Scene, View


@dataclass(frozen=True, slots=True)
class DreamSettings:
    """How the live dream grows, moves and fades."""

    group: ClassVar[str] = "dream"

    channel: int = value(-1, "the channel that dreams; -1 for the whole layer", low=-1, high=4095)
    size: int = value(
        192,
        "short side, in pixels, of the picture that dreams",
        low=64,
        high=512,
    )
    strength: float = value(
        26.0,
        "how strong a dream becomes, in grey levels",
        Bind(("-",), "step", "dream weaker", -4, feedback="dream strength"),
        Bind(("=",), "step", "dream stronger", 4, feedback="dream strength"),
        low=0,
        high=80,
    )
    steps: int = value(2, "steps that the network climbs at a time", low=1, high=10)
    step_size: float = value(2.0, "how far a step goes, in grey levels", low=0.1, high=20)
    octaves: int = value(3, "sizes of the picture that take turns", low=1, high=5)
    octave_scale: float = value(1.5, "from one size to the next", low=1.1, high=2.5)
    jitter: int = value(16, "pixels by which each step is shifted", low=0, high=64)
    smooth: float = value(0.5, "how soft the drawing is, in pixels", low=0, high=3)
    fade: float = value(3.0, "seconds in which a dream fades to a third", low=0.1, high=60)
    zoom: float = value(1.0, "growth of the dream in a second", low=0.5, high=2)
    turn: float = value(0.0, "degrees by which it turns in a second", low=-90, high=90)
    across: float = value(0.0, "widths of the picture that it drifts in a second", low=-1, high=1)
    down: float = value(0.0, "heights of the picture that it drifts in a second", low=-1, high=1)
    flow: bool = value(True, "the dream sticks to what moves")
    colours: str = value("dream", "the colours of the dream, or those of the camera", choices=("dream", "camera"))
    stillness: bool = value(False, "dream deeper when nothing moves, and wake when something does")
    seed: int = value(0, "where the dice start", high=1_000_000)
    preset: str = value("", "dream preset", Bind(("9",), "cycle", "next dream preset"), choices=("", *SHIPPED))

    @property
    def currents(self) -> DreamMotion:
        """What happens to the dream between frames."""
        return DreamMotion(
            fade=self.fade,
            zoom=self.zoom,
            turn=self.turn,
            across=self.across,
            down=self.down,
            flow=self.flow,
            limit=self.strength,
            keep_colours=self.colours == "camera",
            wait_for_stillness=self.stillness,
        )


class DreamView(View):
    """Climbs beside the show; between two results the dream is carried along by what moves."""

    name = "dream"
    bind = Bind(("d",), "set", "dream: what the layer wants to see", "dream")
    settings = (DreamSettings,)

    def register(self, controls: Controls, info: ModelInfo) -> None:
        """Add the action below, and the rules of dreams."""
        super().register(controls, info)
        controls.rule("dream/preset", apply_dream_preset)
        controls.rule("show/view", partial(follow_dream_view, info))

    @action("dream/tile", "\\", "Enter", help="dream of the selected tile, or again of the whole layer")
    def dream_of_tile(self, controls: Controls) -> None:
        """Dream of the channel of the selected tile; of the whole layer when that channel dreams already."""
        channel = controls.value("tiles/channel")
        dreaming = controls.value("show/view") == "dream" and controls.value("dream/channel") == channel
        controls.set("dream/channel", -1 if dreaming else channel)
        controls.set("show/view", "dream")

    def __init__(self) -> None:
        self._reverie: DreamState | None = None
        self._turn = 0

    @property
    def results(self) -> int:
        """How often something that the network found was added to the dream."""
        return self._reverie.results if self._reverie else 0

    def render(self, scene: Scene) -> Rendered:
        """The frame with the dream on it, as large as the panel allows."""
        settings, layer = scene.settings[DreamSettings], scene.layer
        if self._reverie is None:
            self._reverie = DreamState(scene.engine)
        reverie, size_hw = self._reverie, _size(scene)
        spec = _spec(scene, layer, _octave(scene, self._turn))
        ready = settings.strength > 0 and scene.engine.ready(spec)
        picture, detail = reverie.see(scene.frame.image, size_hw, scene.frame.timestamp, settings.currents)
        if ready and not reverie.climbing:
            dice = np.random.default_rng((settings.seed, self._turn))
            goal = Objective(DreamHead((layer.name,)), _wanted(scene, settings.channel))
            slopes = ObjectiveGradient(scene.engine, scene.network, goal, scene.precision)
            reverie.climb(partial(_climbed, slopes, picture + detail, spec.size_hw, settings, dice))
            self._turn += 1
        panel_hw = fitted(scene.frame.image.shape[:2], scene.panel_hw)
        dreamed = laid_on(resize(scene.frame.image, panel_hw), detail)
        return Rendered(dreamed, layer, words=_words(settings, layer))

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """Its own octaves, then those of the layers around this one."""
        sizes = dict.fromkeys(_octave(scene, turn) for turn in range(scene.settings[DreamSettings].octaves))
        return (_spec(scene, layer, each) for layer in scene.info.around(scene.layer)[:4] for each in sizes)


def _climbed(
    slopes: ObjectiveGradient, picture: Floats, size_hw: Hw, settings: DreamSettings, dice: np.random.Generator
) -> Floats:
    """The detail that some steps add to a picture, (height, width, 3), found at the size of one octave."""
    start: Floats = cv2.resize(picture, size_hw[::-1], interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    climbed = start.copy()
    for _ in range(settings.steps):
        down, across = (int(each) for each in dice.integers(-settings.jitter, settings.jitter + 1, 2))
        slope = slopes(shifted(climbed, down, across, mirrored=True))[1]  # a ring would have a seam to be dreamed into
        slope = shifted(slope, -down, -across, mirrored=False)
        if settings.smooth > 0:
            slope = cv2.GaussianBlur(slope, (0, 0), settings.smooth)  # type: ignore[assignment]
        step(climbed, slope, settings.step_size)
    return cv2.resize(climbed - start, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


_told = cache(words)
"""The presets are read once, not every frame."""


def _words(settings: DreamSettings, layer: LayerInfo) -> tuple[str, str]:
    """What is dreamed, and who dreams."""
    who = "the network" if settings.channel < 0 else f"channel {min(settings.channel, layer.channels - 1)}"
    if settings.preset and settings.channel < 0:
        return settings.preset, _told(settings.preset)
    return settings.preset or "dream", f"The camera, and what {who} wishes to see in it."


def _wanted(scene: Scene, channel: int) -> Floats:
    """How much each channel weighs: all alike, or one alone, the last one where a layer has fewer."""
    chosen = None if channel < 0 else min(channel, scene.layer.channels - 1)
    return channel_weights(scene.info, scene.layer.name, chosen)


def _spec(scene: Scene, layer: LayerInfo, size_hw: Hw) -> GraphSpec:
    return GraphSpec(scene.network, DreamHead((layer.name,)), size_hw, scene.precision)


def _size(scene: Scene) -> Hw:
    """The size of the picture that dreams."""
    height, width = scene.frame.image.shape[:2]
    return scene.info.input.fixed_hw or input_size((height, width), scene.settings[DreamSettings].size)


def _octave(scene: Scene, turn: int) -> Hw:
    """The size whose turn it is; one that the network does not take leaves its turn to the whole picture."""
    settings, size_hw = scene.settings[DreamSettings], _size(scene)
    scale = settings.octave_scale ** (turn % settings.octaves)
    height, width = (max(round(side / scale / 8) * 8, 8) for side in size_hw)
    smallest = max(scene.info.input.smallest, 2 * scene.layer.stride)
    taken = scene.info.input.fixed_hw is None and min(height, width) >= smallest
    return (height, width) if turn % settings.octaves and taken else size_hw


VIEW = DreamView
