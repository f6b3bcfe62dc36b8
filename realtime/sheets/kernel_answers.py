"""What the kernels of a first layer do: beside each, where on a picture of discs it answers."""

import dataclasses
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from models.graph.kernels import Kernels
from models.spec import Colours, Hw
from realtime.imaging.colormaps import apply_colormap
from realtime.imaging.compositing import BACKGROUND
from realtime.imaging.frame import Floats, Image
from realtime.sheets.kernels import Cells

SIDE = 48  # pixels of a kernel, and of its answer
SEAM = 2  # pixels between both
GROUND = 0.4  # the grey around the discs, 0 to 1
DISCS = (((24, 24), 12, (1, 1, 1)), ((7, 7), 5, (0, 0, 1)), ((41, 7), 5, (0, 1, 0)), ((7, 41), 5, (1, 0, 0)))
"""Centres, radii and colours (BGR): a white disc, and a red, a green and a blue one."""

EXPLAINED = "Beside each kernel: where it answers to a white disc and a red, a green and a blue one on grey."


def beside_answers(drawn: Cells, kernels: Kernels, colours: Colours, room_hw: Hw, gap: int) -> Cells:
    """The cells of kernels in colour, each with its answer; the same cells where there is no room for that."""
    count = len(drawn.pictures)
    wide = 2 * SIDE + SEAM
    cols = max(min(round(math.sqrt(count * room_hw[1] / room_hw[0] * SIDE / wide)), count), 1)
    cols = next((near for near in (cols, cols + 1, cols - 1, cols + 2) if near > 0 and count % near == 0), cols)
    rows = -(-count // cols)
    if count < len(kernels.weights) or cols * (wide + gap) > room_hw[1] or rows * (SIDE + gap) > room_hw[0]:
        return drawn
    pictures = np.full((count, SIDE, wide, 3), BACKGROUND, np.uint8)
    for number, (picture, weights) in enumerate(zip(drawn.pictures, kernels.weights, strict=True)):
        pictures[number, :, :SIDE] = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
        pictures[number, :, SIDE + SEAM :] = _answer(weights, colours)
    return dataclasses.replace(drawn, pictures=pictures, cols=cols, note=EXPLAINED)


def discs() -> Floats:
    """The picture of the discs, (SIDE, SIDE, 3) BGR, 0 to 1."""
    large = np.full((4 * SIDE, 4 * SIDE, 3), GROUND, np.float32)
    for (x, y), radius, colour in DISCS:
        cv2.circle(large, (4 * x, 4 * y), 4 * radius, colour, cv2.FILLED)
    return np.asarray(cv2.resize(large, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)


def _answer(weights: NDArray[np.float32], colours: Colours) -> Image:
    """The positive part of the answer of a kernel (3, h, w) to the discs, as bright as it can be."""
    picture = discs() - GROUND
    planes = picture[..., :: -1 if colours == "RGB" else 1].transpose(2, 0, 1)
    weights = np.nan_to_num(weights, posinf=0.0, neginf=0.0)
    pairs = zip(planes, weights, strict=True)
    answer = np.sum([cv2.filter2D(plane, cv2.CV_32F, kernel) for plane, kernel in pairs], axis=0).clip(min=0)
    levels = np.rint(255 * answer / max(float(answer.max()), 1e-9)).astype(np.uint8)
    return apply_colormap(levels, "ember", 1.2)
