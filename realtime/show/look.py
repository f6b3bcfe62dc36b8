"""A Look opened: its network, its views and its controls, the same live and offline."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from models.errors import SettingError
from models.spec import ModelInfo, Network
from realtime.controls.controls import Controls
from realtime.inference.engine import Engine
from realtime.inference.providers import Provider
from realtime.show.config import RenderOptions
from realtime.show.pipeline import Pipeline
from realtime.show.table import configure, make_controls
from realtime.views.registry import find_views
from realtime.views.view import View

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RenderSetup:
    """What a Look names, ready to draw."""

    network: Network
    views: Sequence[View]
    controls: Controls

    def pipeline(self, engine: Engine, look: RenderOptions) -> Pipeline:
        """The pipeline that draws it."""
        return Pipeline(
            self.network,
            engine,
            self.views,
            canvas_hw=look.canvas_hw,
            short_side=look.size,
            precision=look.precision,
        )


def open_setup(look: RenderOptions) -> RenderSetup:
    """Open the network and fill the table; ModelError or SettingError for what does not exist or does not fit."""
    network = look.open()
    smallest, fixed_hw = network.info.input.smallest, network.info.input.fixed_hw
    if fixed_hw is None and look.size < smallest:
        raise SettingError(f"--size is {look.size}, but {network.info.name} needs at least {smallest} pixels")
    views = find_views()
    controls = make_controls(network.info, views)
    configure(controls, look, network.info)
    return RenderSetup(network, views, controls)


def announce(info: ModelInfo, provider: Provider) -> None:
    """Say on the terminal what runs where, and loudly that a network has learned nothing."""
    if not info.trained:
        log.warning("%s is UNTRAINED (random weights; for real ones run: ventral export vgg16)", info.name)
    if provider.reason:
        log.info("running on the %s: %s", provider.name, provider.reason)
