"""The values of features, and the places that are chosen in them."""

from dataclasses import dataclass
from typing import ClassVar

from realtime.controls.value import KeyBinding, TextForm, value
from realtime.features.drawing import CLUSTERS, MODES
from realtime.features.likeness import parse_points

POINTS = TextForm("places from 0 to 1 across and down, such as '0.4,0.3 -0.7,0.2'", parse_points)


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """What is shown of the features."""

    group: ClassVar[str] = "features"

    mode: str = value(
        "picture",
        "the picture in colours of features, the colours alone, clusters, or all that is similar to the chosen places",
        KeyBinding(
            ("7",),
            "cycle",
            "kind of features: picture, colour, regions, similar",
            feedback="features",
            words=(("clusters", "regions"),),
        ),
        choices=MODES,
    )
    clusters: int = value(CLUSTERS, "number of clusters", low=2, high=16)
    points: str = value("", "the places to be similar to; a minus before one means 'not this'", form=POINTS)
