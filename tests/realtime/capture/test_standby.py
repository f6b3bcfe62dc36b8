"""A show without a camera: moving pictures, and the camera as soon as there is one."""

from __future__ import annotations

import time

import pytest

from models.errors import SourceError
from realtime.capture.feed import Capture
from realtime.capture.registry import open_source
from realtime.capture.source import Source
from realtime.capture.standby import OpenOrStandBy, Standby
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
            return Standby(lambda: open_source(url), every=0.05)

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
