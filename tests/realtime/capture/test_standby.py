"""A show without a camera: moving pictures, and the camera as soon as there is one."""

from __future__ import annotations

import threading
import time

import pytest

from models.errors import SourceError
from realtime.capture import standby
from realtime.capture.feed import Capture
from realtime.capture.registry import open_source
from realtime.capture.source import Source
from realtime.capture.standby import OpenOrStandBy, Standby, no_camera, waiting
from realtime.imaging.frame import Frame, hw
from realtime.threads.mailbox import Mailbox
from tests.realtime.capture.http_camera import HttpCamera
from tests.realtime.waiting import soon


def test_the_pattern_is_shown_until_the_camera_is_there() -> None:
    frames: Mailbox[Frame] = Mailbox()
    with HttpCamera(size_wh=(320, 240)) as camera:
        url = camera.url
        camera.stop()

        def opener() -> Source:
            return Standby(lambda: open_source(url), no_camera, every=0.05)

        with Capture(opener, frames, retry=True) as capture:
            assert soon(lambda: frames.version > 3)
            assert (capture.name, capture.lost) == ("pattern", None)
            assert capture.notice.startswith(("No camera found. Plug one in", "Camera "))
            camera.start()
            assert soon(lambda: capture.notice == "")
            assert soon(lambda: (frame := frames.peek()) is not None and hw(frame.image) == (240, 320))
            assert capture.name == url
            version = frames.version
            assert soon(lambda: frames.version > version + 5)
            assert capture.lost is None


def test_a_camera_that_is_lost_later_is_not_replaced_by_the_pattern() -> None:
    with HttpCamera() as camera:
        url = camera.url
        opener = OpenOrStandBy(lambda: open_source(url))
        source = opener()
        assert source.live
        source.close()
        camera.stop()
        with pytest.raises(SourceError):
            opener()


def test_standing_by_ends_with_the_show() -> None:
    asked: list[float] = []

    def none() -> Source:
        asked.append(time.monotonic())
        raise SourceError("no camera works")

    source = OpenOrStandBy(none)()
    assert isinstance(source, Standby)
    assert source.read().shape == (480, 640, 3)
    source.close()
    count = len(asked)
    time.sleep(0.1)
    assert len(asked) == count


SOURCES = ["99", "a camera that is not there", "http://127.0.0.1:9/stream", "nowhere/film.mp4"]


@pytest.mark.parametrize("text", SOURCES)
def test_a_show_that_waits_says_for_what(text: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    source = OpenOrStandBy(lambda: open_source(text), say=waiting)()
    assert isinstance(source, Standby)
    assert source.notice.startswith("Waiting for the source: ")
    assert len(source.notice) > len("Waiting for the source: ") + 10
    assert caplog.messages[0].startswith("Waiting for the source: ")
    source.close()


def test_a_source_that_hangs_while_it_opens_does_not_hold_up_the_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "SLOW", 0.2)
    answer = threading.Event()

    def hanging() -> Source:
        answer.wait()
        return open_source("pattern")

    begin = time.monotonic()
    source = OpenOrStandBy(hanging, say=waiting)()
    assert time.monotonic() - begin < 5
    assert source.notice == "Waiting for the source: it does not answer"
    assert source.read().shape == (480, 640, 3)
    answer.set()
    assert soon(lambda: (source.read(), source.notice == "")[1])
    source.close()
