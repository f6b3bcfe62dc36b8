"""Every value and action of a live show, for the reference: `ventral controls` and the README."""

from models.spec import ModelInfo
from realtime.controls.controls import Controls
from realtime.outputs.recording_commands import RecordingCommands
from realtime.show.app import Show
from realtime.show.screen import Screen
from realtime.show.table import make_controls
from realtime.views.registry import find_views


def all_controls(info: ModelInfo) -> Controls:
    """The controls of a show; its actions are complete but cannot be run."""
    controls = make_controls(info, find_views())
    for owner in (Screen, RecordingCommands, Show):
        controls.register(owner)
    return controls
