from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from realtime.capture.feed import Capture
from realtime.capture.films.film_file import FilmFile
from realtime.capture.registry import open_source
from realtime.capture.same_source import OpenSame
from realtime.capture.source import Source, SourceOptions
from realtime.capture.source_health import HealthLimits
from realtime.imaging.frame import Frame, Image
from realtime.threads.mailbox import Mailbox
from tests.realtime.capture.clips import write_clip
from tests.realtime.capture.http_camera import HttpCamera
from tests.realtime.capture.rtsp_camera import RtspCamera
from tests.realtime.waiting import says, soon

QUICK = HealthLimits(silence=0.5, unchanged=0.4, frozen=1.0, opening=8.0, pauses=(0.05, 0.1), interval=0.02)


class Device(Source):
    """A live source under the thumb of the test; `read` hangs while `answers` is not set."""

    name, live, fps, notice = "device", True, 30.0, ""

    def __init__(self, *, answers: bool = True) -> None:
        self.answers = threading.Event()
        self.closed = False
        self.grey = 0
        self.failure: Exception | None = None
        if answers:
            self.answers.set()

    def read(self) -> Image:
        time.sleep(0.01)
        self.answers.wait()
        if self.failure is not None:
            raise self.failure
        self.grey = (self.grey + 1) % 256
        return np.full((48, 64, 3), self.grey, np.uint8)

    def skip(self) -> None:
        self.read()

    def close(self) -> None:
        self.closed = True


@pytest.mark.slow
def test_a_camera_that_drops_is_picked_up_again() -> None:
    frames: Mailbox[Frame] = Mailbox()
    with HttpCamera() as camera:
        url = camera.url
        limits = replace(QUICK, silence=4.0, pauses=(1.0, 0.1))
        with Capture(lambda: open_source(url), frames, retry=True, limits=limits) as capture:
            assert soon(lambda: frames.version > 35)
            assert (capture.lost or capture.warning) is None
            camera.stop()
            assert soon(says(capture, f"lost {url} (the stream has ended); reconnecting in 1 s"))
            assert soon(says(capture, f"lost {url} (cannot open it); reconnecting in 0.1 s"))
            before, seen = frames.peek(), frames.version
            time.sleep(0.3)
            assert frames.version == seen
            camera.start()
            assert soon(lambda: frames.version > seen + 5)
            assert ((capture.lost or capture.warning), capture.ended) == (None, False)
            after = frames.peek()
            capture.check()
    assert before is not None
    assert after is not None
    assert after.index > before.index
    assert frames.peek().index == frames.version - 1  # type: ignore[union-attr]


@pytest.mark.slow
def test_a_camera_that_stalls_is_seen_from_another_thread() -> None:
    frames: Mailbox[Frame] = Mailbox()
    with (
        HttpCamera() as camera,
        Capture(lambda: open_source(camera.url), frames, retry=True, limits=QUICK) as capture,
    ):
        assert soon(lambda: frames.version > 20)
        camera.mood = "stalled"
        assert soon(says(capture, "(no frame for 0."))
        camera.mood = "well"
        seen = frames.version
        assert soon(lambda: frames.version > seen + 5 and (capture.lost or capture.warning) is None)


@pytest.mark.slow
def test_a_camera_that_breaks_off_in_a_picture_is_picked_up_again() -> None:
    frames: Mailbox[Frame] = Mailbox()
    with (
        HttpCamera() as camera,
        Capture(lambda: open_source(camera.url), frames, retry=True, limits=QUICK) as capture,
    ):
        assert soon(lambda: frames.version > 5)
        camera.mood = "halfway"
        assert soon(says(capture, "lost "))
        seen = frames.version
        camera.mood = "well"
        assert soon(lambda: frames.version > seen + 5 and (capture.lost or capture.warning) is None)


@pytest.mark.slow
def test_a_camera_that_sends_garbage_is_picked_up_again() -> None:
    frames: Mailbox[Frame] = Mailbox()
    with (
        HttpCamera() as camera,
        Capture(lambda: open_source(camera.url), frames, retry=True, limits=QUICK) as capture,
    ):
        assert soon(lambda: frames.version > 5)
        camera.mood = "garbage"
        assert soon(says(capture, "lost "))
        seen = frames.version
        camera.mood = "well"
        assert soon(lambda: frames.version > seen + 5 and (capture.lost or capture.warning) is None)


def test_a_camera_may_change_its_size() -> None:
    frames: Mailbox[Frame] = Mailbox()
    with (
        HttpCamera() as camera,
        Capture(lambda: open_source(camera.url), frames, retry=True, limits=QUICK) as capture,
    ):
        for size_wh in ((320, 240), (640, 480), (162, 120)):
            camera.size_wh = size_wh
            assert soon(lambda: (frame := frames.peek()) is not None and frame.image.shape[1::-1] == size_wh)  # noqa: B023
        assert capture.lost is None


@pytest.mark.slow
def test_a_frozen_picture_is_said_and_opened_again_and_again() -> None:
    frames: Mailbox[Frame] = Mailbox()
    with (
        HttpCamera() as camera,
        Capture(lambda: open_source(camera.url), frames, retry=True, limits=replace(QUICK, silence=4.0)) as capture,
    ):
        assert soon(lambda: frames.version > 5)
        camera.mood = "frozen"
        assert soon(says(capture, f"{camera.url}: the same frame for "))
        assert soon(lambda: camera.connections == 2)
        assert soon(lambda: capture.lost == f"{camera.url} still gives the same frame")
        assert soon(lambda: camera.connections == 3)
        assert soon(lambda: capture.lost == f"{camera.url} still gives the same frame")
        camera.mood = "well"
        assert soon(lambda: (capture.lost or capture.warning) is None)


def test_without_retry_a_lost_camera_has_ended() -> None:
    with (
        HttpCamera() as camera,
        Capture(lambda: open_source(camera.url), Mailbox(), retry=False, limits=QUICK) as capture,
    ):
        camera.stop()
        assert soon(lambda: capture.ended)
        assert (capture.lost or capture.warning) == f"lost {camera.url} (the stream has ended)"


@pytest.mark.slow
def test_a_thread_left_behind_in_the_driver_writes_nothing_when_it_comes_back() -> None:
    first, second = Device(), Device()
    devices = iter((first, second))
    frames: Mailbox[Frame] = Mailbox()
    with Capture(lambda: next(devices), frames, retry=True, limits=replace(QUICK, silence=1.0)) as capture:
        assert soon(lambda: frames.version > 3)
        first.answers.clear()
        assert soon(says(capture, "lost device (no frame for 1 s); reconnecting in "))
        assert soon(lambda: second.grey > 3)
        second.answers.clear()
        time.sleep(0.1)
        seen = frames.version
        first.answers.set()
        assert soon(lambda: first.closed)
        assert frames.version == seen
        second.answers.set()
    assert soon(lambda: second.closed)


@pytest.mark.slow
def test_no_more_than_a_few_threads_hang_in_the_driver() -> None:
    devices = [Device(answers=False) for _ in range(20)]
    opened = iter(devices)
    limits = HealthLimits(silence=0.05, periods=1, pauses=(0.01,), interval=0.01, stuck=3)
    with Capture(lambda: next(opened), Mailbox(), retry=True, limits=limits) as capture:
        assert soon(says(capture, "reconnecting in 0.01 s"))
        time.sleep(1.0)
        assert next(opened) is devices[3]
        for device in devices:
            device.answers.set()
        assert soon(lambda: (capture.lost or capture.warning) is None)


def test_leaving_takes_no_longer_than_a_second_while_the_driver_hangs() -> None:
    device = Device(answers=False)
    frames: Mailbox[Frame] = Mailbox()
    with Capture(lambda: device, frames, retry=True):
        time.sleep(0.1)
        start = time.monotonic()
    assert time.monotonic() - start < 1.5
    device.answers.set()
    assert soon(lambda: device.closed)
    assert frames.version == 0


def test_whatever_a_driver_raises_the_camera_is_opened_again(caplog: pytest.LogCaptureFixture) -> None:
    devices = [Device(), Device()]
    frames: Mailbox[Frame] = Mailbox()
    opener = iter(devices)
    with Capture(lambda: next(opener), frames, retry=True, limits=QUICK) as capture:
        devices[0].failure = ValueError("nobody expected this")
        assert soon(says(capture, "lost device (nobody expected this)"))
        assert soon(lambda: capture.lost is None)
        capture.check()
    assert "Traceback" in caplog.text


def test_what_is_our_fault_is_raised_by_check() -> None:
    device = Device()
    device.live = False
    with Capture(lambda: device, Mailbox(), retry=True, limits=QUICK) as capture:
        device.failure = ValueError("a slip of ours")
        assert soon(lambda: device.closed)
        time.sleep(0.2)
        with pytest.raises(ValueError, match="a slip of ours"):
            capture.check()


@pytest.mark.slow
def test_an_rtsp_camera_that_stalls_or_drops_is_picked_up_again() -> None:
    frames: Mailbox[Frame] = Mailbox()
    with (
        RtspCamera() as camera,
        Capture(lambda: open_source(camera.url), frames, retry=True, limits=replace(QUICK, silence=1.0)) as capture,
    ):
        assert soon(lambda: frames.version > 10)
        camera.stalled = True
        assert soon(says(capture, "lost "))
        seen = frames.version
        camera.stalled = False
        assert soon(lambda: frames.version > seen + 5 and capture.lost is None)
        camera.stop()
        assert soon(says(capture, "lost "))
        seen = frames.version
        camera.start()
        assert soon(lambda: frames.version > seen + 5 and capture.lost is None)


def damaged(content: bytes) -> bytes:
    """Half a film, with wrong bytes in it."""
    half = bytearray(content[: len(content) // 2])
    half[len(half) // 2 : len(half) // 2 + 200] = bytes(200)
    return bytes(half)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["gone", "truncated", "scrambled", "another file", "a folder", "a pipe"])
def test_a_film_that_is_played_endlessly_goes_on_when_its_file_is_back(tmp_path: Path, fault: str) -> None:
    path = write_clip(tmp_path / "clip.mp4", pictures=12, fps=24)
    whole = path.read_bytes()
    frames: Mailbox[Frame] = Mailbox()
    opener = OpenSame(str(path), SourceOptions(loop=True))
    with Capture(opener, frames, retry=True, endless=True, limits=QUICK) as capture:
        assert soon(lambda: frames.version > 15)
        if fault in ("gone", "a folder", "a pipe"):
            path.unlink()
            if fault == "a folder":
                path.mkdir()
            elif fault == "a pipe":
                os.mkfifo(path)
        else:
            path.write_bytes({"truncated": damaged(whole), "scrambled": bytes(3000), "another file": b"words"}[fault])
        assert soon(lambda: capture.lost is not None), "the fault was not said"
        assert "trying again in" in (capture.lost or "trying again in")
        assert frames.peek() is not None and not capture.ended
        if fault in ("a folder", "a pipe"):
            path.rename(tmp_path / "aside")
        path.write_bytes(whole)
        assert soon(lambda: capture.lost is None)
        seen = frames.version
        assert soon(lambda: frames.version > seen + 30)
        assert (capture.lost, capture.ended) == (None, False)
        capture.check()


@pytest.mark.slow
def test_a_film_goes_on_when_its_disk_can_be_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "clip.mp4", pictures=12, fps=24)
    frames: Mailbox[Frame] = Mailbox()

    def refuse(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    opener = OpenSame(str(path), SourceOptions(loop=True))
    with Capture(opener, frames, retry=True, endless=True, limits=QUICK) as capture:
        assert soon(lambda: frames.version > 15)
        with monkeypatch.context() as patch:
            patch.setattr(FilmFile, "read", refuse)
            assert soon(lambda: capture.lost is not None), "the fault was not said"
            time.sleep(0.5)
            assert not capture.ended
        assert soon(lambda: capture.lost is None)
        seen = frames.version
        assert soon(lambda: frames.version > seen + 30)
        capture.check()


@pytest.mark.slow
def test_a_folder_that_is_shown_endlessly_goes_on_when_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"

    def fill() -> None:
        folder.mkdir()
        for number in range(3):
            Pillow.new("RGB", (64, 48), (number * 80, 0, 0)).save(folder / f"{number}.png")

    fill()
    frames: Mailbox[Frame] = Mailbox()
    opener = OpenSame(str(folder), SourceOptions(loop=True, hold=2))
    with Capture(opener, frames, retry=True, endless=True, limits=QUICK) as capture:
        assert soon(lambda: frames.version > 5)
        shutil.rmtree(folder)
        assert soon(lambda: capture.lost is not None)
        assert not capture.ended
        fill()
        assert soon(lambda: capture.lost is None)
        capture.check()
