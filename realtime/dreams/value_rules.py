"""The rule of dreams: a preset sets other values."""

from realtime.controls.controls import Controls
from realtime.controls.read_preset import SHIPPED, read_preset
from realtime.controls.value import Scalar

UNCHANGED = ("dream/channel", "dream/seed", "dream/size", "dream/preset")  # the values that a preset does not change


def apply_dream_preset(controls: Controls, _before: Scalar) -> None:
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


def _chosen_preset(controls: Controls) -> dict[str, Scalar]:
    """The values that the chosen preset sets, by path; none without a preset."""
    preset = str(controls.value("dream/preset"))
    if preset not in SHIPPED:
        return {}
    return {path: controls.table[path].parse(text) for path, text in read_preset(preset)}
