"""The rules of dreams: a preset sets other values, the depth selects a layer, an objective must have a meaning."""

from models.errors import VentralError
from models.spec import ModelInfo
from realtime.controls.controls import Controls
from realtime.controls.read_preset import SHIPPED, read_preset
from realtime.controls.value import Scalar
from realtime.dreams.objective import default_layer
from realtime.dreams.parse_objective import parse_objective

UNCHANGED = (
    "dream/channel",
    "dream/seed",
    "dream/size",
    "dream/objective",
    "dream/preset",
)  # the values that a preset does not change


def layer_of_dream(controls: Controls, info: ModelInfo) -> str | None:
    """The layer at the chosen depth; None for a dream of one channel, which stays with its layer."""
    whole_layer = controls.value("dream/channel") == -1
    return default_layer(info, float(controls.value("dream/depth"))) if whole_layer else None


def follow_depth(info: ModelInfo, controls: Controls, _before: Scalar) -> None:
    """Show the layer at the chosen depth, if the dream is shown."""
    layer = layer_of_dream(controls, info)
    if layer is not None and controls.value("show/view") == "dream":
        controls.set("show/layer", layer, chosen=False)


def apply_dream_preset(info: ModelInfo, controls: Controls, before: Scalar) -> None:
    """Set the values of the chosen preset and show the dream; without a preset, reset the dream."""
    unchanged = {path: controls.value(path) for path in UNCHANGED}
    controls.reset("dream/")
    for path, value in _chosen_preset(controls).items():
        if controls.value(path) == value:  # from the preset that the show started with
            controls.set(path, controls.table[path].default)
    for path, kept in unchanged.items():
        controls.set(path, kept)
    values = _chosen_preset(controls)
    for path, value in values.items():
        controls.set(path, value)
    if values:
        controls.set("show/view", "dream")
    follow_depth(info, controls, before)


def check_objective(info: ModelInfo, controls: Controls, before: Scalar) -> None:
    """Keep the objective before, and raise SettingError or ModelError, when the new one has no meaning."""
    text = str(controls.value("dream/objective"))
    try:
        if text:
            parse_objective(info, text)
    except VentralError:
        controls.set("dream/objective", before)
        raise


def _chosen_preset(controls: Controls) -> dict[str, Scalar]:
    """The values that the chosen preset sets, by path; none without a preset."""
    preset = str(controls.value("dream/preset"))
    if preset not in SHIPPED:
        return {}
    return {path: controls.table[path].parse(text) for path, text in read_preset(preset)}
