"""What a press means beyond its row of the table: rules of the running show that read several controls at once."""

from __future__ import annotations

from models.spec import ModelInfo
from realtime.controls.controls import Controls
from realtime.controls.presets import SHIPPED
from realtime.show.table import apply_preset, deepen


def press(controls: Controls, info: ModelInfo, key: str) -> str:
    """Do what a key does, and return what is to be answered.

    Esc closes the help before it resets anything. Who enters the dream enters it where it is deep, and comes back to
    where the show began, unless a layer was chosen. Who chooses another layer in Grad-CAM, which shows the deepest,
    goes on from that one.
    """
    meant, view = controls.meant(key), controls.value("show/view")
    if meant == "do/reset" and controls.value("window/help"):
        controls.set("window/help", False)
        return ""
    if meant == "show/layer" and view == "gradcam" and info.classifier and controls.value("gradcam/where") == "deepest":
        controls.set("show/layer", info.landmarks[-1].name)
        controls.set("gradcam/where", "shown")
    answer = controls.press(key)
    if view != "dream":
        deepen(controls, info)
    elif controls.value("show/view") != "dream" and controls.untouched("show/layer"):
        controls.reset("show/layer")
    return answer


def next_preset(controls: Controls, info: ModelInfo) -> None:
    """The next of the shipped presets, or after the last one the dream as it was at the start."""
    awake = controls.value("show/view") != "dream"
    names = ("", *SHIPPED)
    present = controls.value("dream/preset")
    following = names[(names.index(str(present)) + 1) % len(names)]
    kept = {path: controls.value(path) for path in ("dream/channel", "dream/seed", "dream/size")}
    controls.reset("dream/")
    for path, value in kept.items():
        controls.set(path, value)
    if following:
        apply_preset(controls, following)
    if awake:
        deepen(controls, info)


def dream_of_tile(controls: Controls) -> None:
    """Dream of the chosen tile on the picture in front of the camera; of the whole layer when that is dreamed of."""
    channel = controls.value("tiles/channel")
    dreaming = controls.value("show/view") == "dream" and controls.value("dream/channel") == channel
    controls.set("dream/channel", -1 if dreaming else channel)
    controls.set("show/view", "dream")
