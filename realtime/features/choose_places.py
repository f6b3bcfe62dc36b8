"""Choosing places of the picture with the mouse, to see what the network finds like them."""

from realtime.controls.controls import Controls
from realtime.features.likeness import Point, format_points, parse_points

HINT = "click what you look for first; then a right click means 'not this'"


def choose_place(controls: Controls, place: tuple[float, float], *, wanted: bool = True) -> str:
    """Show what is like a place of the picture, and like those chosen before; the answer for the status line."""
    searching = (controls.value("show/view"), controls.value("features/mode")) == ("features", "similar")
    points = parse_points(str(controls.value("features/points"))) if searching else ()
    if not wanted and not any(each.wanted for each in points):
        return HINT
    controls.set("features/points", format_points((*points, Point(*place, wanted))))
    controls.set("features/mode", "similar")
    controls.set("show/view", "features")
    return "like this; double click: start again" if wanted else "not like this"


def forget_places(controls: Controls) -> str:
    """Start again without any place."""
    controls.set("features/points", "")
    return "no place is chosen"
