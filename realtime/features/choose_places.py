"""Choosing places of the picture with the mouse, to see what the network finds like them."""

import math

from realtime.controls.controls import Controls
from realtime.features.likeness import Point, format_points, parse_points

NEAR = 0.04  # of the picture: a click within this distance of a place means that place
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


def choose_region(controls: Controls, place: tuple[float, float], *, wanted: bool = True) -> str:
    """Dream of what is like a place, and like those chosen before; a place that is clicked again is forgotten."""
    points = parse_points(str(controls.value("features/points")))
    others = tuple(each for each in points if math.dist((each.x, each.y), place) > NEAR)
    if not wanted and not any(each.wanted for each in others):
        return HINT
    if len(others) == len(points):
        others = (*others, Point(*place, wanted))
    controls.set("dream/region", True)
    controls.set("features/points", format_points(others) if any(each.wanted for each in others) else "")
    return describe_region(controls) if wanted or not controls.value("features/points") else "not like this"


def describe_region(controls: Controls) -> str:
    """What dreams, for the status line."""
    if not controls.value("features/points"):
        return "the whole picture dreams"
    return "only what is like this dreams; click it again: the whole picture"


def forget_places(controls: Controls) -> str:
    """Start again without any place."""
    controls.set("features/points", "")
    return "no place is chosen"
