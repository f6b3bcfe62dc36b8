"""The parts of a live show, opened."""

from dataclasses import dataclass

from realtime.capture.feed import Capture
from realtime.inference.engine import Engine
from realtime.outputs.output import Output
from realtime.outputs.recorder import Recorder
from realtime.outputs.recording_commands import RecordingCommands
from realtime.show.setup import RenderSetup
from realtime.show.unattended.health.server import HealthServer
from realtime.takes.take_log import TakeLog


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that runs while the show runs; `outputs` contains the recorder and the take too."""

    setup: RenderSetup
    capture: Capture
    engine: Engine
    recorder: Recorder
    recordings: RecordingCommands
    outputs: tuple[Output, ...]
    health: HealthServer | None = None
    take: TakeLog | None = None
