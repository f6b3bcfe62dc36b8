"""Where the evidence lies: Grad-CAM's heat over a picture, and a slide that says of what.

Selvaraju et al. 2017. The picture stays readable: where there is no evidence it dims, where there is it glows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.spec import CLASSES, GradcamHead, GraphSpec, Hw, ModelInfo, Network
from realtime.imaging.colormaps import COLORMAPS, colour
from realtime.imaging.compositing import Rect, fitted, frame_line, input_size, network_input, paste, resize, stage
from realtime.imaging.drawing import write_fitting
from realtime.imaging.frame import Floats, Image, hw
from realtime.imaging.text import BRIGHT, FAINT, LIGHT, QUIET
from realtime.inference.engine import Engine

SHORT_SIDE = 224
"""Pixels of what a network without a classifier sees."""

DIM, GLOW = 0.4, 0.55
"""How much light is left where there is no evidence, and how much of the glow covers the picture where it is most."""

BRIGHTEST = 215
"""Of the colormap's 255: above it lies white, in which a picture would drown."""


@dataclass(frozen=True, slots=True)
class Heat:
    """Evidence from 0 to 1 for each unit of a layer, (h, w), and what the aim answered, a number for each channel."""

    grey: Floats
    answers: Floats


def sight_hw(info: ModelInfo, image_hw: Hw, aim: str) -> Hw:
    """What the network sees of a picture: as much as when it says what the picture is."""
    if aim == CLASSES:
        return info.scores.size_hw
    return info.input.fixed_hw or input_size(image_hw, max(SHORT_SIDE, info.input.smallest))


def evidence(engine: Engine, network: Network, image: Image, head: GradcamHead, wanted: Floats) -> Heat:
    """Where in a picture the evidence for the wanted channels lies.

    Raises ModelError when `head.aim` does not depend on `head.layer`, or the weights are no numbers.
    """
    size_hw = sight_hw(network.info, hw(image), head.aim)
    feeds: dict[str, NDArray[Any]] = {"image": network_input(image, size_hw), "wanted": wanted}
    result = engine.run_surely(GraphSpec(network, head, size_hw), feeds)
    heat = result["heat"]
    return Heat(np.asarray(heat / max(heat.max(initial=0), 1e-30), np.float32), result["answers"])


def glowing(image: Image, grey: Floats) -> Image:
    """`image` with the heat `grey`, 0..1 and of any size, laid over it."""
    heat = cv2.merge([_smooth(grey, hw(image))] * 3)
    shade, light = _tables()
    return cv2.add(cv2.multiply(image, cv2.LUT(heat, shade), scale=1 / 255), cv2.LUT(heat, light))  # type: ignore[return-value]


def _smooth(grey: Floats, size_hw: Hw) -> NDArray[np.uint8]:
    """A map of few units at the size of a picture, without their edges, 0..255."""
    smooth = cv2.resize(grey, size_hw[::-1], interpolation=cv2.INTER_CUBIC)
    return cv2.convertScaleAbs(cv2.max(smooth, 0.0), alpha=255)  # type: ignore[call-overload,return-value]


@cache
def _tables() -> tuple[Image, Image]:
    """For each level of the heat what the picture is multiplied with, in 255ths, and what is added: (256, 1, 3).

    Two tables take less than half the time of the same sums on numbers with a point.
    """
    heat = np.arange(256, dtype=np.float32)[:, None, None] / 255
    cover = GLOW * heat
    glow = colour(np.rint(heat[..., 0] * BRIGHTEST).astype(np.uint8), COLORMAPS[0], 1.0)
    shade = np.repeat((DIM + (1 - DIM) * heat) * (1 - cover) * 255, 3, axis=2)
    return np.rint(shade).astype(np.uint8), np.rint(glow * cover).astype(np.uint8)


def heat_slide(canvas_hw: Hw, image: Image, grey: Floats, title: str, words: str) -> Image:
    """The picture and the picture with its heat, large, with a title and quiet words below."""
    canvas, (height, width) = stage(canvas_hw), canvas_hw
    edge, band = round(height * 0.04), round(height * 0.2)
    room = Rect(edge, edge, width - 2 * edge, height - 2 * edge - band)
    image_hw = hw(image)
    upright = fitted(image_hw, (room.height, (room.width - edge) // 2))
    small = resize(image, upright)
    left, top = (width - 2 * upright[1] - edge) // 2, edge + (room.height - upright[0]) // 2
    for place, panel in enumerate((small, glowing(small, grey))):
        box = Rect(left + place * (upright[1] + edge), top, upright[1], upright[0])
        frame_line(canvas, box, FAINT)
        paste(canvas, panel, box.left, box.top)
    _write(canvas, Rect(edge, height - edge - band, room.width, band), title, words)
    return canvas


def _write(canvas: Image, box: Rect, title: str, words: str) -> None:
    first = Rect(box.left, box.top, box.width, round(box.height * 0.62))
    write_fitting(canvas, title, first, size=round(box.height * 0.42), colour=BRIGHT, weight=LIGHT)
    write_fitting(
        canvas, words, box._replace(height=round(box.height * 0.95)), size=round(box.height * 0.19), colour=QUIET
    )
