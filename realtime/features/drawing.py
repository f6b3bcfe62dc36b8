"""What the modes of the features share, live and offline: what is projected, and how it is drawn."""

from __future__ import annotations

from models.spec import LayerInfo, ModelInfo
from realtime.features.basis import AXES, FeatureBasis
from realtime.features.clusters import FeatureClusters
from realtime.features.colours import (
    DARKEST_REGION,
    colours_of_clusters,
    colours_of_components,
    light_places,
    lit_by,
    tint,
)
from realtime.features.following import Tracker
from realtime.features.likeness import MAX_POINTS, Point, likeness
from realtime.imaging.frame import Floats, Image
from realtime.imaging.guided_filter import enlarge_along_edges

MODES = ("picture", "colour", "clusters", "similar")
CLUSTERS = 6
SHRINK = 4  # the maps leave the graph at a quarter of the width at which they are drawn
MAX_STRIDE = 16  # pixels of the input; coarser layers see no shapes


def tracker_of(mode: str, clusters: int) -> Tracker | None:
    """What finds the projection from the features; None where the chosen places are the projection."""
    if mode == "similar":
        return None
    return FeatureClusters(clusters) if mode == "clusters" else FeatureBasis()


def axes_of(mode: str, clusters: int) -> int:
    """The number of maps."""
    return {"clusters": clusters, "similar": MAX_POINTS}.get(mode, AXES)


def default_layer(info: ModelInfo) -> LayerInfo | None:
    """The deepest key layer that still tells places apart."""
    fine = [layer for layer in info.key_layers if layer.stride <= MAX_STRIDE]
    return fine[-1] if fine else None


def draw_features(maps: Floats, image: Image, mode: str, points: tuple[Point, ...]) -> Image:
    """The maps (axes, h, w) on the image, at its size."""
    if mode == "similar":
        return light_places(image, likeness(maps, points)) if points else image
    colours = colours_of_clusters(maps) if mode == "clusters" else colours_of_components(maps)
    coloured = enlarge_along_edges(colours, image)
    if mode == "picture":
        return tint(coloured, image)
    return lit_by(coloured, image, DARKEST_REGION) if mode == "clusters" else lit_by(coloured, image)
