"""Opens the parts of a live show as its options say."""

from collections.abc import Callable, Sequence

from realtime.capture.same_source import OpenSame
from realtime.capture.source import Source, SourceOptions
from realtime.capture.standby import OpenOrStandBy, waiting
from realtime.controls.settings import RecordSettings
from realtime.faults.camera import failing_source
from realtime.faults.fault import Faults
from realtime.imaging.frame import Frame
from realtime.outputs.recorder import MP4_FPS, Recorder
from realtime.outputs.window import Window
from realtime.show.kept_files.resume import resume
from realtime.show.make_controls import begin_show
from realtime.show.options import LiveOptions
from realtime.show.setup import (
    RenderSetup,
    open_setup,
)
from realtime.show.unattended.visitor_lock import begin_kiosk
from realtime.threads.mailbox import Mailbox


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
