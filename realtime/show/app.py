"""The live show: opens what the options name, and runs it."""

import faulthandler
from contextlib import ExitStack
from functools import partial

from realtime.capture.feed import Capture
from realtime.capture.registry import stands_still
from realtime.capture.source import SourceOptions
from realtime.controls.settings import ShowSettings
from realtime.faults.disk import let_disk_fill
from realtime.faults.encoder import let_encoders_fail
from realtime.faults.fault import Faults
from realtime.faults.graph import failing_graphs
from realtime.faults.view import let_views_fail
from realtime.imaging.frame import Frame
from realtime.inference.engine import Engine
from realtime.inference.memory.process_memory import keep_heap_compact
from realtime.inference.providers import choose
from realtime.outputs.output import Output
from realtime.outputs.recording_commands import RecordingCommands
from realtime.outputs.registry import find_output
from realtime.outputs.snapshots import SnapshotWriter
from realtime.show.main_loop import Show
from realtime.show.named_files import prepare_files
from realtime.show.opening import open_live, open_recorder, source_opener
from realtime.show.operator import Operator
from realtime.show.options import LiveOptions
from realtime.show.parts import Parts
from realtime.show.setup import (
    announce,
    announce_start,
    open_take_log,
    record_of,
    settings_text,
    suggest_fetch,
)
from realtime.show.unattended.health.server import HealthServer
from realtime.takes.waiting_frames import WaitingFrames
from realtime.threads.mailbox import Mailbox
from realtime.threads.signals import StopSignals

HOLD = 120  # frames for which each picture of a folder is shown: four seconds


def run(options: LiveOptions) -> None:
    """The live show, from the first canvas to the last.

    Raises VentralError for wrong input, before anything is shown or written.
    """
    faulthandler.enable()
    keep_heap_compact()
    options = prepare_files(options)
    kinds = [find_output(name) for name in options.sink]
    setup = open_live(options, owners=ACTION_OWNERS)
    frames = WaitingFrames() if options.log is not None else Mailbox[Frame]()
    drawn: Mailbox[Frame] = Mailbox()
    fps, loop = setup.controls.snapshot()[ShowSettings].fps, options.loop or stands_still(options.source)
    faults = Faults(options.fault)
    opener = source_opener(options, SourceOptions(loop=loop, hold=HOLD, fps=fps), faults)
    let_views_fail(setup.views, faults)
    let_encoders_fail(faults)
    let_disk_fill(faults)
    with ExitStack() as stack:
        signals = stack.enter_context(StopSignals())
        health = stack.enter_context(HealthServer(options.health)) if options.health is not None else None
        shown = stack.enter_context(ExitStack())
        capture = shown.enter_context(Capture(opener, frames, retry=True, endless=loop))
        engine = shown.enter_context(Engine(choose(options.provider), failing_graphs(faults), background=True))
        record = record_of("live", options, setup, source=capture.name, fps=min(fps, capture.rate))
        text = partial(settings_text, record, setup.controls)
        recorder = stack.enter_context(open_recorder(options, setup, drawn, text))
        signals.before_exit = recorder.end_conversions
        stills = stack.enter_context(SnapshotWriter(drawn, folder=options.folder, text=text))
        outputs: list[Output] = [shown.enter_context(kind(drawn, options.canvas_hw)) for kind in kinds]
        if options.kiosk or options.log_file is not None:
            announce_start(setup.network.info, engine.provider, capture.name)
        announce(setup.network.info, engine.provider)
        suggest_fetch(options, setup.network.info)
        recordings = RecordingCommands(recorder, stills, force=options.force)
        if options.keys_record:
            recordings.follow(setup.controls)
        else:
            recorder.replay.seconds = 0
        if (take := open_take_log(options, setup, record, frames)) is not None:
            outputs.append(stack.enter_context(take))
        parts = Parts(setup, capture, engine, recorder, recordings, (*outputs, recorder, stills), health, take)
        show = Show(options, parts, signals)
        try:
            show.run(frames, drawn)
        finally:
            shown.close()  # window, camera and network go at once; a GIF may take a minute to be finished
            recordings.finish(signals)
    show.end()


ACTION_OWNERS: tuple[type, ...] = (Operator, RecordingCommands, Show)
"""The classes whose actions are registered when the show starts."""
