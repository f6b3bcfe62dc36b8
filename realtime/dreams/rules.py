"""What follows from a change of the dream's values: a preset sets others, and a dream starts deep in the network."""

from __future__ import annotations

from models.spec import ModelInfo
from realtime.controls.controls import Controls
from realtime.controls.presets import read_preset
from realtime.controls.value import Scalar
from realtime.dreams.objective import default_layer

KEPT = ("dream/channel", "dream/seed", "dream/size", "dream/preset")
"""What a preset leaves as it is."""


def apply_dream_preset(controls: Controls, _before: Scalar) -> None:
    """Set what the chosen preset names and show the dream; no preset is the dream as it was at the start."""
    kept = {path: controls.value(path) for path in KEPT}
    controls.reset("dream/")
    for path, value in kept.items():
        controls.set(path, value)
    if preset := str(kept["dream/preset"]):
        for path, value in read_preset(preset):
            controls.set(path, value)
        controls.set("show/view", "dream")


def follow_dream_view(info: ModelInfo, controls: Controls, before: Scalar) -> None:
    """Dream about two thirds of the way through the network, and go back afterwards, unless a layer was chosen."""
    if controls.is_chosen("show/layer"):
        return
    if before == "dream":
        controls.reset("show/layer")
    elif controls.value("show/view") == "dream" and controls.value("dream/channel") == -1:
        controls.set("show/layer", default_layer(info), chosen=False)
