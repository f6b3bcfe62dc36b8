"""Opens the parts of a live show as its options say."""

import logging
from collections.abc import Callable, Sequence

from models.errors import OutputError
from realtime.capture.same_source import OpenSame
from realtime.capture.source import Source, SourceOptions
from realtime.capture.standby import OpenOrStandBy, waiting
from realtime.controls.settings import RecordSettings
from realtime.faults.camera import failing_source
from realtime.faults.fault import Faults
from realtime.imaging.frame import Frame
from realtime.outputs.recorder import MOST_FILMS, MP4_FPS, Recorder
from realtime.outputs.recording.open_writer import check_film
from realtime.outputs.recording.paths import check_writable
from realtime.outputs.recording.recover import recover
from realtime.outputs.window import Window
from realtime.show.kept_files.resume import resume
from realtime.show.make_controls import begin_show
from realtime.show.options import LiveOptions
from realtime.show.setup import (
    RenderSetup,
    open_setup,
)
from realtime.show.unattended.visitor_lock import begin_kiosk
from realtime.takes.take_file import SUFFIX
from realtime.threads.mailbox import Mailbox

log = logging.getLogger(__name__)


def open_live(options: LiveOptions, *, owners: Sequence[type]) -> RenderSetup:
    """Network, views and controls, with the values that the show begins with."""
    setup = open_setup(options, owners=owners)
    begin_show(setup.controls, options.fps)
    if options.kiosk:
        begin_kiosk(setup.controls)
    if options.resume is not None:
        resume(options.resume, setup.controls)
    if options.fullscreen:
        setup.controls.set("window/fullscreen", True)
    return setup


def open_recorder(options: LiveOptions, setup: RenderSetup, drawn: Mailbox[Frame], text: Callable[[], str]) -> Recorder:
    """The recorder, whose replays have the rate of the format that is chosen at the start."""
    settings = setup.controls.snapshot()[RecordSettings]
    replay_fps = MP4_FPS if settings.format == "mp4" else settings.gif_fps
    return Recorder(drawn, folder=options.folder, gif_fps=settings.gif_fps, replay_fps=replay_fps, text=text)


def source_opener(options: LiveOptions, source: SourceOptions, faults: Faults) -> Callable[[], Source]:
    """What opens the source, and stands by where it may be missing."""
    opener = failing_source(OpenSame(options.source, source), faults)
    if options.wait or options.kiosk:
        return OpenOrStandBy(opener, source.fps, say=waiting)
    if options.source == "auto" and Window.name in options.sink:
        return OpenOrStandBy(opener, source.fps)
    return opener


def check_files(options: LiveOptions) -> None:
    """Recover what a killed show left behind, and raise OutputError for files that cannot be written."""
    recordings = [*options.record, *options.record_window]
    named = recordings if options.log is None else [*recordings, options.log]
    for folder in {options.folder, *(path.parent for path in named)}:
        if not folder.is_dir():
            raise OutputError(f"cannot write to {folder}: there is no such folder; create it or choose another")
        for path in recover(folder):
            log.warning("recovered %s from a show that was killed", path)
    for path in recordings:
        check_film(path, force=options.force)
    if len(recordings) > MOST_FILMS:
        raise OutputError(f"a show records to {MOST_FILMS} files at once, but {len(recordings)} are named")
    if len(set(recordings)) < len(recordings):
        raise OutputError("two recordings have the same name; each needs one of its own")
    if options.record_window and Window.name not in options.sink:
        raise OutputError("--record-window records the window, but --sink none opens none; use --record")
    if options.log is not None:
        check_writable(options.log, force=options.force, suffixes=(SUFFIX,))
    if options.report is not None:
        check_writable(options.report, force=options.force, suffixes=(".json",))
