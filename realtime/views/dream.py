"""DeepDream on the moving picture: it amplifies what a layer, or one of its channels, responds to."""

from collections.abc import Iterable
from functools import cache, partial

import cv2
import numpy as np

from models.build.graph_spec import GraphSpec
from models.build.heads.dream import DreamHead
from models.spec import Hw, LayerInfo, ModelInfo
from realtime.controls.action import action
from realtime.controls.controls import Controls
from realtime.controls.read_preset import SHIPPED, preset_description
from realtime.controls.value import KeyBinding
from realtime.dreams.deepdream import ascent_step
from realtime.dreams.dream_settings import DreamSettings
from realtime.dreams.dream_state import DreamState, add_detail
from realtime.dreams.objective import Objective, ObjectiveGradient, default_layer
from realtime.dreams.optical_flow import shift
from realtime.dreams.value_rules import apply_dream_preset
from realtime.imaging.frame import Floats
from realtime.inference.channels import channel_weights
from realtime.inference.network_input import input_size
from realtime.views.click import Click
from realtime.views.view import Rendered, Scene, View


class DreamView(View):
    """Gradient ascent runs in the background; between two results the dream moves along with the picture."""

    name = "dream"
    bind = KeyBinding(("d",), "set", "dream: amplify what the layer responds to", "dream")
    settings = (DreamSettings,)

    def __init__(self) -> None:
        self._state: DreamState | None = None
        self._turn = 0

    def default_layer(self, controls: Controls, info: ModelInfo) -> str | None:
        """Deep in the network; a dream of one channel stays with its layer."""
        return default_layer(info) if controls.value("dream/channel") == -1 else None

    def register(self, controls: Controls, info: ModelInfo) -> None:
        """Add the action below, and the rule of presets."""
        super().register(controls, info)
        controls.rule("dream/preset", apply_dream_preset)

    @action("dream/tile", "\\", "Enter", help="dream of the selected tile; again: of the whole layer")
    def dream_of_tile(self, controls: Controls) -> None:
        """Dream of the channel of the selected tile; of the whole layer when that channel dreams already."""
        channel = controls.value("tiles/channel")
        dreaming = controls.value("show/view") == "dream" and controls.value("dream/channel") == channel
        controls.set("dream/channel", -1 if dreaming else channel)
        controls.set("show/view", "dream")

    def click(self, controls: Controls, click: Click) -> str:
        """A dream has no places to choose."""
        return (
            super().click(controls, click) if click.right else "a click does nothing in dream; Enter dreams of a tile"
        )

    @property
    def results(self) -> int:
        """The number of results of gradient ascent that were added to the dream."""
        return self._state.results if self._state else 0

    def render(self, scene: Scene) -> Rendered:
        """The frame with the dream on it, as large as the panel allows."""
        settings, layer = scene.settings[DreamSettings], scene.layer
        if self._state is None:
            self._state = DreamState(scene.engine)
        spec = scene.graph(DreamHead((layer.name,)), _octave_hw(scene, self._turn))
        ready = settings.strength > 0 and scene.engine.ready(spec)
        frame = scene.frame
        picture, detail = self._state.update(frame.image, _size(scene), frame.timestamp, settings)
        if ready and not self._state.busy:
            rng = np.random.default_rng((settings.seed, self._turn))
            objective = Objective(DreamHead((layer.name,)), _weights(scene, settings.channel))
            gradient = ObjectiveGradient(scene.engine, scene.network, objective, scene.precision)
            self._state.ascend(partial(_ascend, gradient, picture + detail, spec.size_hw, settings, rng))
            self._turn += 1
        return Rendered(add_detail(scene.fitted_frame(), detail), layer, caption=_caption(settings, layer))

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """The octaves of this layer, then those of its neighbours."""
        sizes = dict.fromkeys(_octave_hw(scene, turn) for turn in range(scene.settings[DreamSettings].octaves))
        heads = [DreamHead((layer.name,)) for layer in scene.info.around(scene.layer)[:4]]
        return (scene.graph(head, size_hw) for head in heads for size_hw in sizes)


def _ascend(
    objective: ObjectiveGradient, picture: Floats, size_hw: Hw, settings: DreamSettings, rng: np.random.Generator
) -> Floats:
    """The detail, (height, width, 3), that some steps of gradient ascent at one octave add to a picture."""
    start: Floats = cv2.resize(picture, size_hw[::-1], interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    result = start.copy()
    for _ in range(settings.steps):
        down, across = (int(each) for each in rng.integers(-settings.jitter, settings.jitter + 1, 2))
        gradient = objective(shift(result, down, across, mirrored=True))[1]  # wrapped around, it would have a seam
        gradient = shift(gradient, -down, -across, mirrored=False)
        if settings.smooth > 0:
            gradient = cv2.GaussianBlur(gradient, (0, 0), settings.smooth)  # type: ignore[assignment]
        ascent_step(result, gradient, settings.step_size)
    return cv2.resize(result - start, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


_preset_text = cache(preset_description)  # reads the file of a preset once, not in every frame


def _caption(settings: DreamSettings, layer: LayerInfo) -> tuple[str, str]:
    """The name of the dream, and a sentence about it."""
    what = "the layer" if settings.channel < 0 else f"channel {min(settings.channel, layer.channels - 1)}"
    title = settings.preset if settings.preset in SHIPPED else "dream"
    if title in SHIPPED and settings.channel < 0:
        return title, _preset_text(title)
    return title, f"The camera image, changed to activate {what} more strongly."


def _weights(scene: Scene, channel: int) -> Floats:
    """The same weight for all channels, or one for a single channel, the last one where the layer has fewer."""
    chosen = None if channel < 0 else min(channel, scene.layer.channels - 1)
    return channel_weights(scene.info, scene.layer.name, chosen)


def _size(scene: Scene) -> Hw:
    """The size of the dream."""
    return scene.info.input.fixed_hw or input_size(scene.frame_hw, scene.settings[DreamSettings].size)


def _octave_hw(scene: Scene, turn: int) -> Hw:
    """The size of the octave whose turn it is, or of the dream where the network does not accept the octave."""
    settings, size_hw = scene.settings[DreamSettings], _size(scene)
    scale = settings.octave_scale ** (turn % settings.octaves)
    height, width = (max(round(side / scale / 8) * 8, 8) for side in size_hw)
    smallest = max(scene.info.input.smallest, 2 * scene.layer.stride)
    accepted = scene.info.input.fixed_hw is None and min(height, width) >= smallest
    return (height, width) if turn % settings.octaves and accepted else size_hw


VIEW = DreamView
