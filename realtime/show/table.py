"""The table of controls of this program, filled in for one network, and how it is set before the show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.errors import SettingError
from models.spec import ModelInfo
from realtime.controls.controls import Bind, Controls, Known
from realtime.controls.presets import SHIPPED, read_preset
from realtime.controls.settings import ActionSettings, RecordSettings, ShowSettings, WindowSettings
from realtime.dreams.objective import default_layer
from realtime.inference.predictor import PredictSettings
from realtime.show.config import RenderOptions
from realtime.views.view import View

DIGITS = range(1, 6)


def make_controls(info: ModelInfo, views: Sequence[View | type[View]]) -> Controls:
    """Every control there is: the show's, those that the views bring, the window's."""
    brought = dict.fromkeys(group for view in views for group in view.settings)
    return Controls(
        (ShowSettings, *brought, PredictSettings, WindowSettings, RecordSettings, ActionSettings),
        {
            "show/view": Known(tuple(view.name for view in views), tuple(view.bind for view in views)),
            "show/layer": Known(
                tuple(layer.name for layer in info.layers),
                tuple(_digits(info)),
                tuple(layer.name for layer in info.landmarks),
            ),
        },
    )


def _digits(info: ModelInfo) -> Iterator[Bind]:
    """A key for the first layer of each of the first blocks."""
    for block in DIGITS:
        first = next((layer.name for layer in info.landmarks if layer.block == block), None)
        if first is not None:
            yield Bind((str(block),), "set", "first layer of block 1 to 5", first)


def configure(controls: Controls, look: RenderOptions, info: ModelInfo) -> None:
    """Apply preset, --set, --view and --layer, in this order; SettingError or ModelError for what does not exist."""
    if look.preset is not None:
        apply_preset(controls, look.preset)
    for assignment in look.set:
        path, equals, value = assignment.partition("=")
        if not equals:
            raise SettingError(f"--set takes control=value, such as tiles/contrast=2, but got '{assignment}'")
        _assign(controls, path.strip(), value.strip())
    if look.view is not None:
        controls.set("show/view", look.view)
    if look.layer is not None:
        controls.set("show/layer", info.layer(look.layer).name)
    else:
        deepen(controls, info)
    controls.start_here()


def deepen(controls: Controls, info: ModelInfo) -> None:
    """A dream goes about two thirds of the way through the network, as long as nobody has chosen its layer."""
    if controls.value("show/view") != "dream" or controls.value("dream/channel") != -1:
        return
    if controls.untouched("show/layer"):
        controls.set("show/layer", default_layer(info), chosen=False)


def apply_preset(controls: Controls, preset: str) -> None:
    """Set what a preset names, by its name or its file; a shipped one is a dream, is shown, and lends it its name."""
    for path, value in read_preset(preset):
        _assign(controls, path, value)
    if preset in SHIPPED:
        controls.set("dream/preset", preset)
        controls.set("show/view", "dream")


def _assign(controls: Controls, path: str, value: str) -> None:
    if path == "dream/preset" and value in SHIPPED:
        apply_preset(controls, value)
    if path in controls.table and controls.table[path].is_trigger:
        raise SettingError(f"{path} fires by its key and takes no value")
    controls.set(path, value)
