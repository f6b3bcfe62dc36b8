"""Rules of dreams: a preset sets other values, and a dream starts deep in the network."""

from models.spec import ModelInfo
from realtime.controls.controls import Controls
from realtime.controls.read_preset import SHIPPED, read_preset
from realtime.controls.value import Scalar
from realtime.dreams.objective import default_layer

UNCHANGED = ("dream/channel", "dream/seed", "dream/size", "dream/preset")  # the values that a preset does not change


def apply_dream_preset(controls: Controls, _before: Scalar) -> None:
    """Set the values of the chosen preset and show the dream; without a preset, reset the dream."""
    unchanged = {path: controls.value(path) for path in UNCHANGED}
    controls.reset("dream/")
    for path, value in unchanged.items():
        controls.set(path, value)
    preset = str(unchanged["dream/preset"])
    if preset in SHIPPED:
        for path, value in read_preset(preset):
            controls.set(path, value)
        controls.set("show/view", "dream")


def follow_dream_view(info: ModelInfo, controls: Controls, before: Scalar) -> None:
    """Select a layer deep in the network for the dream, and the one before it afterwards, unless one was chosen."""
    if controls.is_chosen("show/layer"):
        return
    if before == "dream":
        controls.reset("show/layer")
    elif controls.value("show/view") == "dream" and controls.value("dream/channel") == -1:
        controls.set("show/layer", default_layer(info), chosen=False)
