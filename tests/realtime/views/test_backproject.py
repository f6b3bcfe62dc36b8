"""The way back from a channel to the pixels, in every rule and every drawing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.spec import Network
from realtime.controls import Controls
from realtime.engine import Engine
from realtime.frame import Image
from realtime.table import make_controls
from realtime.views import ALL
from realtime.views.backproject import BackprojectView
from tests.realtime.views.scenes import PANEL_HW, halves, patiently, scene

FLAG = halves((0, 0, 200), (200, 0, 0))


@pytest.fixture
def controls(network: Network) -> Controls:
    controls = make_controls(network.info, ALL)
    controls.set("show/layer", "conv1")
    controls.set("tiles/channel", 2)
    return controls


def parts(engine: Engine, network: Network, controls: Controls, image: Image) -> tuple[Image, Image]:
    """The tile and the pixels, side by side, cut from the stage."""
    shown = patiently(BackprojectView(), scene(engine, network, controls, image)).image
    assert shown.shape == (*PANEL_HW, 3)
    return shown[:, : PANEL_HW[1] // 2], shown[:, PANEL_HW[1] // 2 :]


def test_only_the_channels_own_colour_and_place_come_back(engine: Engine, network: Network, controls: Controls) -> None:
    """Channel 2 is red: of the pixels, only red ones raise it where its ReLU is on, which is on the left."""
    _, pixels = parts(engine, network, controls, FLAG)
    left, right = pixels[90, 50].astype(int), pixels[90, 120].astype(int)
    assert left[2] > 220
    assert left[:2].tolist() == [128, 128]
    assert right.tolist() == [128, 128, 128]


@pytest.mark.parametrize("show", ["raw", "grey", "norm", "blurred"])
@pytest.mark.parametrize("rule", ["guided", "plain", "deconv"])
def test_every_way_back_can_be_drawn_every_way(
    engine: Engine, network: Network, controls: Controls, rule: str, show: str
) -> None:
    controls.set("back/rule", rule)
    controls.set("back/show", show)
    _, pixels = parts(engine, network, controls, FLAG)
    assert pixels[90, 50].std() > 0 if show == "raw" else pixels[90, 50].any()


@pytest.mark.parametrize("size_hw", [(48, 64), (40, 96), (64, 48)])
def test_tile_and_pixels_have_the_shape_of_the_frame(
    engine: Engine, network: Network, controls: Controls, size_hw: tuple[int, int]
) -> None:
    image = halves((0, 0, 90), (0, 0, 200), size_hw)
    shown = patiently(BackprojectView(), scene(engine, network, controls, image)).image
    lit = np.abs(shown.astype(int) - shown[0, 0]).max(axis=2) > 8
    _, _, boxes, _ = cv2.connectedComponentsWithStats(lit.astype(np.uint8))
    tile, pixels = sorted(boxes[1:], key=lambda box: -box[cv2.CC_STAT_AREA])[:2]
    for box in (tile, pixels):
        aspect = box[cv2.CC_STAT_WIDTH] / box[cv2.CC_STAT_HEIGHT]
        assert aspect == pytest.approx(size_hw[1] / size_hw[0], rel=0.03)
