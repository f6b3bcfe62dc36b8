"""The recorder: films of the show and its last seconds, on a clock of its own.

It takes the newest canvas whenever a frame of the video is due, so video time is wall time whatever the rate of the
show, and no thread of the show ever waits for it.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from models.errors import OutputError, is_out_of_memory
from realtime.controls.settings import RECORD_DEFAULTS, RecordSettings
from realtime.imaging.frame import Frame, Image
from realtime.outputs.output import Output
from realtime.outputs.recording.film_job import FilmJob
from realtime.outputs.recording.open_writer import check_film
from realtime.outputs.recording.pace import Pace, runs
from realtime.outputs.recording.paths import new_path
from realtime.outputs.recording.recording import Recording
from realtime.outputs.replay.clip import Clip
from realtime.outputs.replay.ring import Replay
from realtime.threads.mailbox import Mailbox
from realtime.threads.priority import lower_priority
from realtime.threads.worker import Worker

log = logging.getLogger(__name__)

MOST_FILMS = 3  # films that may be written at the same time: each has an ffmpeg process of its own
LARGEST_HW = (1080, 1920)  # of a recording of the window, which has as many pixels as the screen
MP4_FPS = 30.0  # frames per second of a video
ENCODING = 4.0  # seconds to encode what was recorded last; converting it takes as long as it takes
GRACE = 2.0  # seconds for an interrupted recording to end


@dataclass(frozen=True, slots=True)
class RecorderStatus:
    """The paths of the recordings that run, the length of the longest, their size, and how many are being finished.

    The `progress` is how much is made of the one that is the furthest behind, 0 to 1.
    """

    recording: tuple[Path, ...] = ()
    seconds: float = 0.0
    finishing: int = 0
    megabytes: float = 0.0
    progress: float = 0.0


class Recorder(Output):
    """Records the show, to several files at once; leaving its context finishes them.

    All methods are for the main thread. Files without a name go to `folder`; `text` gives the settings that are kept
    inside a file. `saved` is the newest film that is whole, `note` what there is to know of it, and `fault` what went
    wrong with the last one. `dropped` counts the frames that repeat another because ffmpeg was busy.
    """

    name = "recorder"
    permanent = False

    def __init__(
        self,
        canvases: Mailbox[Frame],
        *,
        folder: Path,
        gif_fps: float = 20.0,
        replay_fps: float | None = None,
        text: Callable[[], str] = str,
    ) -> None:
        super().__init__(canvases, (0, 0))
        self.saved: Path | None = None
        self.note = ""
        self.dropped = 0
        self._folder, self._text = folder, text
        self._frame_rates = {".mp4": MP4_FPS, ".gif": gif_fps, ".webm": MP4_FPS, ".webp": gif_fps, ".png": MP4_FPS}
        self._lock = threading.Lock()
        self._recordings: list[FilmJob] = []
        self._live: dict[Recording, Pace] = {}
        self._outcomes: dict[Path, str] = {}
        self.replay = Replay(fps=replay_fps or gif_fps)
        self._replay_pace = Pace(self.replay.fps)
        self._replay_runs = runs(canvases, self._replay_pace)
        self._replay_worker = Worker("replay", self._fill_replay)

    def __enter__(self) -> Self:
        self._replay_worker.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def has_canvas(self) -> bool:
        """Whether there is anything to record."""
        return self._canvases.peek() is not None

    @property
    def state(self) -> str:
        """Whether it is recording, finishing, idle or failed."""
        status = self.status
        return "recording" if status.recording else "finishing" if status.finishing else super().state

    @property
    def status(self) -> RecorderStatus:
        """The current state in detail."""
        with self._lock:
            finishing = [each for each in self._recordings if each not in self._live]
            return RecorderStatus(
                recording=tuple(each.path for each in self._live),
                seconds=max((each.seconds for each in self._live), default=0.0),
                finishing=len(finishing),
                megabytes=sum(each.size for each in self._live) / 1e6,
                progress=min((each.progress for each in finishing), default=0.0),
            )

    def start(  # noqa: PLR0913, what a recording is
        self,
        path: Path | None = None,
        *,
        suffix: str = ".gif",
        fps: float | None = None,
        force: bool = False,
        settings: RecordSettings = RECORD_DEFAULTS,
        pictures: Mailbox[Frame] | None = None,
        checked: bool = False,
    ) -> Path:
        """Record from now on, to `path` or to a new name; OutputError when that cannot be written.

        The canvases are recorded, or the `pictures` of a window. Where the path was `checked` before, what has changed
        since then is a fault of the recording.
        """
        path = self._claim(path, suffix, force=force, checked=checked)
        pace = Pace(fps or self._frame_rates[path.suffix.lower()])
        recording = Recording(
            path,
            self._images(pictures or self._canvases, pace),
            fps=pace.fps,
            force=force,
            settings=settings,
            text=self._text(),
            done=self._finished,
            failed=self._goes_on,
            largest_hw=None if pictures is None else LARGEST_HW,
        )
        with self._lock:
            self._live[recording] = pace
        return self._begin(recording)

    def stop(self) -> None:
        """Stop every recording; the files are finished in the background."""
        with self._lock:
            for recording, pace in self._live.items():
                pace.stop()
                recording.end_by = time.monotonic() + ENCODING
            self._live.clear()

    def save_replay(self, *, suffix: str = ".gif", settings: RecordSettings = RECORD_DEFAULTS) -> Path:
        """Save the last seconds in the background; OutputError when there are none."""
        clip = self.replay.clip()
        if clip is None:
            why = " yet: no canvas was kept" if self.replay.seconds else ": record/replay_seconds is 0; set it higher"
            raise OutputError(f"there is nothing to save{why}")
        path = self._claim(None, suffix, force=False)
        return self._begin(self._replay_job(path, clip, settings))

    def finished(self, timeout: float) -> bool:
        """Wait for the films that are being finished; whether all are after `timeout` seconds."""
        with self._lock:
            waiting = [each for each in self._recordings if each not in self._live]
        for each in waiting:
            if time.monotonic() > each.end_by:
                each.give_up_encoding()
        return not _unfinished(waiting, timeout)

    def close(self, timeout: float = 60.0) -> None:
        """Finish everything; a GIF that is not done after `timeout` seconds is kept as an MP4."""
        self.stop()
        self._replay_pace.stop()
        self._replay_worker.stop(GRACE)
        with self._lock:
            recordings = list(self._recordings)
        slow = _unfinished(recordings, timeout)
        for recording in slow:
            recording.interrupt()
        for recording in slow:
            recording.join(GRACE)

    def end_conversions(self) -> str:
        """Let no conversion outlive a process that ends at once in a signal; the message for the terminal.

        It takes no lock: the signal may have come while this thread had it.
        """
        for each in tuple(self._recordings):
            each.end_conversion()
        return "ventral: stopped; the next show recovers what was recorded\n" if self._recordings else ""

    def _replay_job(self, path: Path, clip: Clip, settings: RecordSettings) -> FilmJob:
        from realtime.outputs.replay.packets import images  # loads PyAV
        from realtime.outputs.replay.saved_replay import SavedReplay

        text, done = self._text(), self._finished
        if path.suffix == ".mp4" and settings.loop == "off":
            return SavedReplay(path, clip, text=text, done=done)
        return Recording(path, images(clip), fps=clip.fps, settings=settings, text=text, done=done)

    def _claim(self, path: Path | None, suffix: str, *, force: bool, checked: bool = False) -> Path:
        with self._lock:
            busy = [recording.path for recording in self._recordings]
        if len(busy) >= MOST_FILMS:
            raise OutputError(
                f"other recordings, such as {busy[0].name}, are still being written; try again when they are saved"
            )
        path = path or new_path(self._folder, suffix, in_use=busy)
        if path in busy:
            raise OutputError(f"{path} is being written already; wait for it or choose another name")
        return path if checked else check_film(path, force=force)

    def _begin(self, recording: FilmJob) -> Path:
        with self._lock:
            self.fault = ""
            self._recordings.append(recording)
        recording.start()
        return recording.path

    def outcome(self, path: Path) -> str:
        """What went wrong with the recording that was to become `path`; empty where it is whole."""
        return self._outcomes.get(path, f"{path} was not finished")

    def _goes_on(self, fault: str) -> None:
        self.fault = fault
        log.error("%s; the recording goes on in a new file", fault)

    def _finished(self, recording: FilmJob) -> None:
        with self._lock:
            self._recordings.remove(recording)
            self._live = {each: pace for each, pace in self._live.items() if each is not recording}
            self.fault = self._outcomes[recording.requested] = recording.fault
            if recording.saved:
                self.saved, self.note = recording.path, recording.note
        saved = f"saved {recording.path}{recording.note and f', {recording.note}'}"
        log.log(logging.INFO if recording.saved else logging.ERROR, "%s", saved if recording.saved else recording.fault)

    def _images(self, pictures: Mailbox[Frame], pace: Pace) -> Iterator[tuple[Image, int]]:
        """The pictures of a recording, and for how many frames of the video each is shown."""
        for image, frames in runs(pictures, pace):
            self.dropped += frames - 1
            self._rate.tick()
            yield image, frames

    def _fill_replay(self) -> None:
        try:
            run = next(self._replay_runs, None)
            if run is not None:
                self.replay.add(run[0], times=run[1])
                lower_priority()  # from the second canvas on: the first one loads the encoder
        except Exception as error:  # a thread must not die unseen
            self.replay.clear()
            if not is_out_of_memory(error):
                self.fail(error)
            raise


def _unfinished(recordings: list[FilmJob], timeout: float) -> list[FilmJob]:
    """Those that are not done after `timeout` seconds."""
    end = time.monotonic() + timeout
    return [each for each in recordings if not each.join(max(end - time.monotonic(), 0.0))]
