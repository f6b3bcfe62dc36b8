"""A live show for which nothing is chosen begins with features; any wish about what is shown is kept."""

from __future__ import annotations

import pytest

from models.importing.open_network import open_network
from realtime.show.make_controls import begin_show, configure, make_controls
from realtime.show.options import RenderOptions
from realtime.views.registry import find_views

INFO = open_network("world").info


def begun(options: RenderOptions) -> tuple[object, object]:
    controls = make_controls(INFO, find_views())
    configure(controls, options, INFO)
    begin_show(controls)
    controls.reset()
    return controls.value("show/view"), controls.value("show/layer")


@pytest.mark.parametrize(
    "assignment",
    [
        "",
        "record/format=mp4",
        "features/mode=clusters",
        "window/status=off",
        "predict/on=on",
        "show/layout=full",
        "show/caption=off",
        "show/mirror=on",
    ],
)
def test_nothing_chosen(assignment: str) -> None:
    options = RenderOptions(set=(assignment,)) if assignment else RenderOptions()
    assert begun(options) == ("features", "block5_conv3")


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (RenderOptions(layer="block3_conv1"), ("mosaic", "block3_conv1")),
        (RenderOptions(view="story"), ("story", "block1_conv1")),
        (RenderOptions(set=("tiles/colormap=ice",)), ("mosaic", "block1_conv1")),
        (RenderOptions(set=("record/format=mp4", "show/layer=block3_conv1")), ("mosaic", "block3_conv1")),
        (RenderOptions(set=("show/view=mosaic",)), ("mosaic", "block1_conv1")),
        (RenderOptions(preset="fever"), ("dream", "block5_conv1")),
    ],
)
def test_wishes(options: RenderOptions, shown: tuple[str, str]) -> None:
    assert begun(options) == shown
