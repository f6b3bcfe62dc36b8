from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from models.errors import SourceError
from realtime.capture.feed import Capture
from realtime.capture.pattern import Pattern
from realtime.capture.registry import open_source
from realtime.capture.source import SourceOptions
from realtime.imaging.frame import Frame, Image
from realtime.threads.mailbox import Mailbox
from tests.realtime.capture.clips import number_of, write_clip
from tests.realtime.capture.films.ffmpeg_films import ffmpeg
from tests.realtime.capture.http_camera import HttpCamera
from tests.realtime.waiting import soon


class SlowPattern(Pattern):
    """A pattern that takes longer to draw than it may last."""

    def read(self) -> Image:
        time.sleep(0.06)
        return super().read()


@pytest.mark.slow
def test_a_clip_takes_its_length_and_ends(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", pictures=24, fps=12)
    frames: Mailbox[Frame] = Mailbox()
    start = time.monotonic()
    with Capture(lambda: open_source(str(path)), frames, retry=True) as capture:
        assert soon(lambda: capture.ended)
        took = time.monotonic() - start
        assert 1.9 < took < 4.0
        assert ((capture.lost or capture.warning), capture.name) == (None, "clip.mp4")
        assert 5 < capture.fps < 16
        capture.check()
    last = frames.peek()
    assert last is not None
    assert 21 <= number_of(last.image) <= last.index + capture.dropped <= 23  # a late end may be passed over


@pytest.mark.slow
def test_a_loop_keeps_to_the_wall_clock(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", pictures=12, fps=24)
    frames: Mailbox[Frame] = Mailbox()
    start = time.monotonic()
    with Capture(lambda: open_source(str(path), SourceOptions(loop=True)), frames, retry=True) as capture:
        time.sleep(1.6)
        last = frames.peek()
        assert last is not None
        assert last.index + capture.dropped == pytest.approx((last.timestamp - start) * 24, abs=8)
        assert not capture.ended


@pytest.mark.slow
def test_a_slow_source_skips_and_does_not_lag() -> None:
    frames: Mailbox[Frame] = Mailbox()
    with Capture(SlowPattern, frames, retry=True) as capture:
        first = frames.get(0, timeout=5.0)[0]
        time.sleep(1.5)
        last = frames.peek()
        assert first is not None
        assert last is not None
        assert capture.dropped > 5
        expected = (last.timestamp - first.timestamp) * 30
        assert last.index + capture.dropped == pytest.approx(expected, abs=12)


def test_a_clip_that_breaks_off_has_ended_and_says_why(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", pictures=24, fps=48)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with Capture(lambda: open_source(str(path), SourceOptions(loop=True)), Mailbox(), retry=True) as capture:
        assert soon(lambda: capture.ended)
        assert (capture.lost or capture.warning or "").startswith("clip.mp4: the video ends after ")


def test_a_bad_source_is_an_error_on_entering() -> None:
    with (
        pytest.raises(SourceError, match=r"there is no file 'none\.mp4'; expected"),
        Capture(lambda: open_source("none.mp4"), Mailbox(), retry=True),
    ):
        pass
    assert not [thread for thread in threading.enumerate() if thread.name in ("reader", "capture")]


@pytest.mark.slow
def test_a_process_can_end_while_a_stream_stalls() -> None:
    script = (
        "import sys, time\n"
        "from realtime.capture.feed import Capture\n"
        "from realtime.threads.mailbox import Mailbox\n"
        "from realtime.capture.registry import open_source\n"
        "with Capture(lambda: open_source(sys.argv[1]), Mailbox(), retry=True):\n"
        "    print('open', flush=True)\n"
        "    sys.stdin.readline()\n"
    )
    root = Path(__file__).parents[3]
    with (
        HttpCamera() as camera,
        subprocess.Popen(
            [sys.executable, "-c", script, camera.url],
            env={"PYTHONPATH": str(root)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        camera.mood = "stalled"
        time.sleep(0.3)
        _, errors = process.communicate("\n", timeout=15)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.slow
def test_a_film_with_uneven_times_is_shown_at_its_times(tmp_path: Path) -> None:
    """Ten pictures at 20 per second, then three at 2 per second, none of which may be skipped."""
    path = tmp_path / "uneven.mkv"
    times = "setpts='if(lt(N,10),N/20,0.5+(N-10)/2)/TB'"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=r=20:d=0.65:s=160x120", "-vf", times, "-fps_mode", "vfr", path)
    frames: Mailbox[Frame] = Mailbox()
    shown: list[float] = []
    start = time.monotonic()
    with Capture(lambda: open_source(str(path)), frames, retry=True) as capture:
        version = 0
        while not capture.ended and time.monotonic() - start < 10:
            frame, version = frames.get(version, timeout=0.2)
            if frame is not None:
                shown.append(frame.timestamp - start)
        assert len(shown) + capture.dropped == 13
    slow = [late - early for early, late in itertools.pairwise(shown[-4:])]
    assert min(slow[1:]) > 0.4


def test_a_capture_rests_also_while_its_source_is_lost_and_wakes_up() -> None:
    frames: Mailbox[Frame] = Mailbox()
    with HttpCamera() as camera, Capture(lambda: open_source(camera.url), frames, retry=True) as capture:
        assert soon(lambda: frames.version > 3)
        camera.stop()
        assert soon(lambda: capture.lost is not None)
        capture.rest(on=True)
        assert soon(lambda: capture.lost is None)
        camera.start()
        connections, seen = camera.connections, frames.version
        time.sleep(1.5)  # a lost source would be opened again by now
        assert (camera.connections, frames.version, capture.fps) == (connections, seen, 0)
        capture.rest(on=False)
        assert soon(lambda: frames.version > seen + 3)
        assert capture.lost is None
        capture.check()
