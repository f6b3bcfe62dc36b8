from __future__ import annotations

import sys

import pytest

import scripts.show.cameras
from models.errors import SourceError
from realtime.capture.cameras.device import CameraFormat
from scripts.show.cameras import cameras

FOUND = {0: "C920", 1: "C920", 4: "Grabber [4K]"}


class Asked:
    """A camera that agreed to something."""

    def __init__(self, number: int) -> None:
        if number != 0:
            raise SourceError(f"camera {number}: it gives no picture")
        self.format = CameraFormat((1280, 720), 29.97, "MJPG", "V4L2")

    def close(self) -> None:
        pass


def test_without_a_camera_one_line_says_what_to_check(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scripts.show.cameras, "list_cameras", dict)
    cameras()
    out, err = capfd.readouterr()
    assert (out.count("\n"), err) == (1, "")
    assert all(word in out for word in ("no camera found", "connect one", "group 'video'", "docker run --device"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists its cameras")
def test_each_camera_is_a_row_and_a_silent_one_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scripts.show.cameras, "list_cameras", lambda: FOUND)
    monkeypatch.setattr(scripts.show.cameras, "open_camera", Asked)
    cameras()
    out, err = capfd.readouterr()
    row = next(line for line in out.splitlines() if "C920" in line)
    assert all(word in row for word in ("0", "1280 x 720", "29.97 fps", "MJPG", "V4L2"))
    assert "camera 4: it gives no picture" in out
    assert "camera 1" not in out  # the second, pictureless number of the same camera
    assert err == ""
