"""A frame at the size that the network takes."""

import numpy as np

from models.spec import Hw, InputLimits
from realtime.imaging.compositing import resize
from realtime.imaging.frame import Image

MAX_ASPECT = 4.0  # longer frames are squeezed to this ratio of their sides, which limits memory


def input_size(frame_hw: Hw, short_side: int, limits: InputLimits) -> Hw:
    """The size of the input of a network: `proportional`, as near as its `limits` allow."""
    return limits.fit(proportional(frame_hw, limits.side(short_side)))


def proportional(frame_hw: Hw, short_side: int) -> Hw:
    """The short side as given, the long one in proportion, in steps of 16."""
    ratio = min(max(frame_hw) / min(frame_hw), MAX_ASPECT)
    long_side = max(round(short_side * ratio / 16) * 16, short_side)
    return (short_side, long_side) if frame_hw[0] <= frame_hw[1] else (long_side, short_side)


def network_input(image: Image, size_hw: Hw) -> Image:
    """The frame at the size of the input, contiguous in memory."""
    return np.ascontiguousarray(resize(image, size_hw))
