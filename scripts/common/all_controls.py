"""Every value and action of a live show, for the reference: `ventral controls` and the README."""

from models.spec import ModelInfo
from realtime.controls.controls import Controls
from realtime.show.app import ACTION_OWNERS
from realtime.show.make_controls import make_controls
from realtime.views.registry import find_views


def all_controls(info: ModelInfo) -> Controls:
    """The controls of a show; its actions are complete but cannot be run."""
    controls = make_controls(info, find_views())
    for owner in ACTION_OWNERS:
        controls.register(owner)
    return controls
