"""Scenes for single views, without a pipeline."""

from __future__ import annotations

import numpy as np

from models.spec import Hw, Network
from realtime.controls.controls import Controls
from realtime.imaging.frame import Frame, Image
from realtime.inference.engine import Engine
from realtime.views.view import Rendered, Scene, View

PANEL_HW = (180, 400)


def scene(engine: Engine, network: Network, controls: Controls, image: Image, *, input_hw: Hw | None = None) -> Scene:
    """What a view draws `image` from."""
    seen = input_hw or (image.shape[0], image.shape[1])
    return Scene(Frame(image, 0, 0.0), controls.snapshot(), network, engine, seen, PANEL_HW)


def halves(left: tuple[int, int, int], right: tuple[int, int, int], size_hw: Hw = (48, 64)) -> Image:
    """One colour (BGR) on the left, another on the right."""
    image = np.empty((*size_hw, 3), np.uint8)
    image[:, : size_hw[1] // 2], image[:, size_hw[1] // 2 :] = left, right
    return image


def render_when_ready(view: View, scene: Scene) -> Rendered:
    """What a view draws when its graphs are ready."""
    return scene.engine.when_ready(lambda: view.render(scene))
