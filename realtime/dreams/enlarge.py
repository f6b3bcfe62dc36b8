"""Enlarge a picture that the network has drawn, with detail that the network adds: octaves of DeepDream."""

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np

from models.spec import Hw, InputLimits
from realtime.dreams.deepdream import AscentOptions, DeepDream, Octave, plan_octaves
from realtime.dreams.tiling import ValueAndGradient
from realtime.imaging.compositing import enlarge
from realtime.imaging.frame import Image

DETAIL = AscentOptions(steps=6, step_size=4.0, jitter=16)


def detail_octaves(from_hw: Hw, to_hw: Hw, limits: InputLimits) -> tuple[Octave, ...]:
    """The sizes from the first, which is left out, to the second."""
    count = math.ceil(math.log(max(to_hw[0] / from_hw[0], 1)) / math.log(DETAIL.octave_scale))
    return tuple(plan_octaves(to_hw, dataclasses.replace(DETAIL, octaves=count), limits)) if count else ()


def enlarge_with_detail(
    objective: ValueAndGradient,
    image: Image,
    size_hw: Hw,
    octaves: Sequence[Octave],
    rng: np.random.Generator,
    advance: Callable[[], None],
) -> Image:
    """`image` at another size, changed a little at each octave so that `objective` rises; `advance` after each tile."""
    state = DeepDream(objective, enlarge(image, size_hw), DETAIL, rng)
    for octave in octaves:
        state.ascend(octave, advance)
    return state.image
