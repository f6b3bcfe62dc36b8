"""Cameras with the habits of real drivers: what is asked, what comes back, and what is made of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.errors import SourceError
from realtime.capture.cameras import connected, device, kinds
from realtime.capture.cameras.kinds import open_camera
from realtime.capture.cameras.ladder import HD, LADDER, Request
from realtime.capture.feed import Capture
from realtime.capture.same_source import OpenSame
from realtime.capture.source import SourceOptions
from realtime.capture.source_health import HealthLimits
from realtime.imaging.frame import Frame
from realtime.threads.mailbox import Mailbox
from tests.realtime.capture.cameras import scripted
from tests.realtime.capture.cameras.scripted import C920, USB2_WITHOUT_JPEG, Device, Machine, bgr
from tests.realtime.capture.clips import number_of
from tests.realtime.waiting import soon

QUICK = HealthLimits(silence=0.5, unchanged=0.4, frozen=1.0, opening=8.0, pauses=(0.05, 0.1), interval=0.02)

RUNGS = [(platform, rung) for platform, requests in LADDER.items() for rung in range(len(requests))]

FORMATS: dict[str, Callable[[NDArray[np.uint8]], Any]] = {
    "MJPG": scripted.jpeg,
    "YUYV": scripted.yuyv,
    "UYVY": scripted.uyvy,
    "NV12": scripted.nv12,
    "I420": scripted.i420,
    "YV12": scripted.yv12,
    "GREY": scripted.grey,
    "Y16 ": scripted.grey16,
    "BGR3": np.asarray,
}
"""What a driver delivers where OpenCV does not convert it."""


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    """A Linux machine with a C920 at number 0."""
    machine = Machine({0: Device()})
    monkeypatch.setattr(device, "VideoCapture", machine)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(kinds, "list_cameras", lambda: connected.list_cameras(tmp_path))
    monkeypatch.setattr(kinds, "cameras_named", lambda name: connected.cameras_named(name, tmp_path))
    plug(tmp_path, {0: "C920"})
    return machine


def plug(known: Path, names: dict[int, str]) -> None:
    """Let the system know these cameras and no others."""
    for node in known.iterdir():
        (node / "name").unlink()
        node.rmdir()
    for number, name in names.items():
        (known / f"video{number}").mkdir()
        (known / f"video{number}" / "name").write_text(f"{name}\n")


def test_jpeg_at_full_size_is_taken_first(machine: Machine) -> None:
    camera = open_camera(0)
    assert (camera.format.size_wh, camera.format.fps, camera.format.fourcc) == (HD, 30.0, "MJPG")
    assert [number_of(camera.read()) for _ in range(3)] == [0, 1, 2]
    order = machine.opened[0].set_properties
    assert order.index(cv2.CAP_PROP_FOURCC) < order.index(cv2.CAP_PROP_FRAME_WIDTH) < order.index(cv2.CAP_PROP_FPS)
    camera.close()
    assert machine.still_open() == []


def test_a_camera_without_jpeg_is_taken_at_the_size_at_which_it_is_fast(machine: Machine) -> None:
    machine.devices[0] = Device(USB2_WITHOUT_JPEG)
    camera = open_camera(0)
    assert (camera.format.size_wh, camera.format.fps, camera.format.fourcc) == ((640, 480), 30.0, "YUYV")
    assert machine.still_open() == [machine.opened[-1]]


def test_a_camera_that_is_slow_in_every_way_is_taken_at_its_best(machine: Machine) -> None:
    machine.devices[0] = Device({("YUYV", (1280, 720)): 5.0, ("YUYV", (640, 480)): 15.0, ("YUYV", (320, 240)): 7.0})
    assert open_camera(0).format.fps == 15.0
    assert len(machine.still_open()) == 1


@pytest.mark.parametrize(("platform", "rung"), RUNGS)
def test_every_request_of_every_platform_is_reached(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, platform: str, rung: int
) -> None:
    """A driver that gives frames for one request only, as some do: the others find a camera that is silent."""
    monkeypatch.setattr(sys, "platform", platform)
    wanted = LADDER[platform][rung]

    class Picky(Machine):
        def __call__(self, number: int, backend: int = cv2.CAP_ANY) -> scripted.ScriptedCapture:
            capture = super().__call__(number, backend)
            capture.read = lambda: (_asked(capture) == wanted, bgr(7, HD))  # type: ignore[method-assign]
            return capture

    picky = Picky({0: Device(backends=[each.backend for each in LADDER[platform]])})
    monkeypatch.setattr(device, "VideoCapture", picky)
    assert number_of(open_camera(0).read()) == 7
    assert picky.still_open() == [picky.opened[-1]]


def _asked(capture: scripted.ScriptedCapture) -> Request:
    """The request that a program has made."""
    keys = capture.set_properties
    size = capture._size if cv2.CAP_PROP_FRAME_WIDTH in keys else None
    return Request(capture.backend, "MJPG" if cv2.CAP_PROP_FOURCC in keys else None, size)


@pytest.mark.parametrize("fourcc", FORMATS)
def test_what_opencv_leaves_raw_is_converted(machine: Machine, fourcc: str) -> None:
    modes = {(fourcc, (320, 240)): 30.0}
    machine.devices[0] = Device(modes, deliver=FORMATS[fourcc])
    camera = open_camera(0)
    images = [camera.read() for _ in range(4)]
    assert [number_of(image) for image in images] == [0, 1, 2, 3]
    assert all(image.shape == (240, 320, 3) and image.flags.c_contiguous for image in images)


@pytest.mark.parametrize("fourcc", ["MJPG", "YUYV", "UYVY", "NV12", "I420", "YV12"])
def test_colours_are_right(machine: Machine, fourcc: str) -> None:
    colour = np.full((240, 320, 3), (200, 60, 30), np.uint8)
    machine.devices[0] = Device(
        {(fourcc, (320, 240)): 30.0}, deliver=FORMATS[fourcc], script=lambda _: FORMATS[fourcc](colour)
    )
    assert np.abs(open_camera(0).read().astype(int) - colour).max() <= 12


def test_a_jpeg_that_is_cut_off_is_passed_over(machine: Machine) -> None:
    def script(number: int) -> object:
        whole = scripted.jpeg(bgr(number, (320, 240)))
        return whole[:, : whole.shape[1] // 3] if number % 3 else whole

    machine.devices[0] = Device({("MJPG", (320, 240)): 30.0}, script=script)
    camera = open_camera(0)
    assert [number_of(camera.read()) for _ in range(3)] == [0, 3, 6]


WRONG = {
    "good without a frame": (True, None),
    "an empty frame": (True, np.zeros((0, 0, 3), np.uint8)),
    "bad": (False, None),
    "an exception": cv2.error("select() timeout"),
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_single_wrong_answers_are_passed_over(machine: Machine, answer: object) -> None:
    machine.devices[0] = Device(script=lambda number: answer if number % 3 else None)
    camera = open_camera(0)
    assert [number_of(camera.read()) for _ in range(3)] == [0, 3, 6]


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_a_camera_that_only_gives_wrong_answers_is_lost_and_released(machine: Machine, answer: object) -> None:
    machine.devices[0] = Device(script=lambda number: answer if number > 2 else None)
    camera = open_camera(0)
    for _ in range(3):
        camera.read()
    with pytest.raises(SourceError, match=r"^camera 0: no frame in 3 attempts$"):
        camera.read()
    machine.devices[0] = Device(script=lambda _: answer)
    camera.close()
    with pytest.raises(SourceError, match=r"^camera 0: "):
        open_camera(0)
    assert machine.still_open() == []


def test_a_format_that_nobody_knows_is_named(machine: Machine) -> None:
    strange = np.zeros((240, 320, 5), np.uint8)
    machine.devices[0] = Device(script=lambda number: strange if number else None)
    camera = open_camera(0)
    camera.read()
    with pytest.raises(SourceError, match=r"^camera 0: unsupported pixel format: .*\(240, 320, 5\)"):
        camera.read()


@pytest.mark.parametrize("fps", [0.0, float("nan"), -1.0, 90000.0, float("inf")])
@pytest.mark.parametrize("code", [0.0, -1.0, float("nan"), 1e9])
def test_a_driver_that_says_nonsense_is_believed_in_nothing(machine: Machine, fps: float, code: float) -> None:
    machine.devices[0] = Device(says={cv2.CAP_PROP_FPS: fps, cv2.CAP_PROP_FOURCC: code})
    camera = open_camera(0)
    assert camera.fps == 30.0
    assert camera.format.size_wh == camera.read().shape[1::-1]


def test_the_size_is_that_of_the_frames_and_not_what_the_driver_says(machine: Machine) -> None:
    machine.devices[0] = Device(script=lambda number: bgr(number, (320, 240)), default=("MJPG", (1280, 720)))
    assert open_camera(0).format.size_wh == (320, 240)


def test_a_size_that_changes_on_the_way_is_shown(machine: Machine) -> None:
    machine.devices[0] = Device(script=lambda number: bgr(number, (320, 240) if number < 3 else (640, 480)))
    camera = open_camera(0)
    assert [camera.read().shape[1] for _ in range(5)] == [320, 320, 320, 640, 640]


def test_a_backend_that_raises_while_opening_is_no_camera(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_number: int, _backend: int) -> object:
        raise cv2.error("obsensor: failed")

    monkeypatch.setattr(device, "VideoCapture", broken)
    with pytest.raises(SourceError, match=r"^camera 0: "):
        open_camera(0)


def test_a_camera_in_use_is_an_error_and_nothing_stays_open(machine: Machine) -> None:
    with pytest.raises(SourceError, match=r"^camera 99: "):
        open_camera(99)
    first = open_camera(0)
    with pytest.raises(SourceError, match=r"^camera 0: "):
        open_camera(0)
    assert len(machine.still_open()) == 1
    first.close()
    assert machine.still_open() == []


@pytest.mark.parametrize("text", ["0", "auto", "C920"])
@pytest.mark.parametrize("beside", [{}, {0: "Built-in"}])
def test_a_camera_that_comes_back_under_another_number_is_the_same(
    machine: Machine, tmp_path: Path, text: str, beside: dict[int, str]
) -> None:
    gone = False
    machine.devices[0] = Device(script=lambda _: (False, None) if gone else None)
    frames: Mailbox[Frame] = Mailbox()
    with Capture(OpenSame(text, SourceOptions()), frames, retry=True, limits=QUICK) as capture:
        assert soon(lambda: frames.version > 5)
        gone = True
        plug(tmp_path, beside)
        assert soon(lambda: capture.lost is not None)
        built_in = {number: Device(script=lambda _: np.full((240, 320, 3), 9, np.uint8)) for number in beside}
        machine.devices = {**built_in, 2: Device(C920)}
        plug(tmp_path, {**beside, 2: "C920"})
        assert soon(lambda: capture.lost is None)
        assert capture.name == "camera 2"
        capture.check()
    assert soon(lambda: not machine.still_open())
