"""Hours of operation: read, kept through every clock, and a show that rests and wakes up."""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
import time
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import SettingError
from realtime.capture.feed import Capture
from realtime.capture.pattern import Pattern
from realtime.imaging.compositing import dimmed
from realtime.imaging.frame import Frame
from realtime.show.unattended.hours import parse_hours
from realtime.show.unattended.pixel_shift import REACH, STEP, pixel_shift
from realtime.show.unattended.schedule import FADE, Schedule
from realtime.threads.mailbox import Mailbox
from scripts.cli import status
from tests.realtime.show.unattended.health.test_health import ask, parsed, port_of
from tests.realtime.waiting import soon
from tests.screen import Screen, until
from tests.test_show import SMALL

MONDAY = datetime(2026, 11, 30)
CASES: dict[str, list[tuple[str, float]]] = {
    "09:00-18:00": [("mon 09:00", 1), ("mon 17:59", 1), ("mon 18:00", 0), ("sun 08:59", 0)],
    "mon-fri 9:00-12:00 13:00-18:00, sat 10:00-14:00": [
        ("fri 12:30", 0),
        ("fri 13:00", 1),
        ("sat 09:00", 0),
        ("sat 13:59", 1),
    ],
    "fri sat 22:00-02:00": [("fri 21:59", 0), ("sat 01:59", 1), ("sun 01:00", 1), ("sun 22:00", 0), ("fri 01:00", 0)],
    "sun-mon 00:00-24:00": [("sun 00:00", 1), ("mon 23:59", 1), ("tue 00:00", 0)],
    "09:00-18:00, 18:00-22:00@40%": [("mon 12:00", 1), ("mon 20:00", 0.4), ("mon 22:00", 0)],
}
WRONG = (
    "",
    "mon",
    "9-18",
    "25:00-26:00",
    "09:00-09:00",
    "mon-xyz 09:00-18:00",
    "09:60-10:00",
    "09:00-10:00@0%",
    "09:00-10:00 sat",
)


def moment(text: str) -> datetime:
    day, clock = text.split()
    hour, minute = map(int, clock.split(":"))
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return MONDAY + timedelta(days=names.index(day), hours=hour, minutes=minute)


@pytest.mark.parametrize("text", CASES)
def test_hours_say_when_a_show_is_open(text: str) -> None:
    for when, light in CASES[text]:
        assert parse_hours(text).light_at(moment(when)) == light, when


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs a clock whose zone can be set")
@pytest.mark.parametrize(("day", "minutes"), [("2026-03-29", 0), ("2026-10-25", 120), ("2026-06-01", 60)])
def test_the_clock_on_the_wall_counts_when_summer_time_begins_and_ends(
    day: str, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In March there is no time from two to three; in October there are two."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    try:
        begin = datetime.fromisoformat(day).timestamp()
        hours = parse_hours("02:00-03:00")
        light = [hours.light_at(datetime.fromtimestamp(begin + 60 * minute)) for minute in range(8 * 60)]
        assert sum(light) == minutes
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("text", WRONG)
def test_other_texts_are_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SettingError, match="--hours takes hours such as"):
        parse_hours(text)
    assert status(["--hours", text, "--source", "pattern"]) == 2
    errors = capsys.readouterr().err
    assert "--hours takes hours such as" in errors and errors.count("\n") == 1


def test_a_show_rests_wakes_up_and_survives_every_clock() -> None:
    """With a real capture: the source is closed and opened again, and no picture of the day before is seen."""
    clock = [moment("mon 17:59")]
    frames: Mailbox[Frame] = Mailbox()

    def turn(seconds: float) -> None:
        for _ in range(round(seconds / 0.05)):
            now[0] += 0.05
            newest = frames.peek()
            schedule.turn(now[0], newest.timestamp if newest else None)

    with Capture(Pattern, frames, retry=True) as capture:
        assert soon(lambda: frames.version > 3)
        now = [time.monotonic() + 100]  # of the schedule, which fades in no time
        schedule = Schedule(parse_hours("09:00-18:00"), capture, lambda: clock[0])
        turn(FADE / 2)
        assert 0.3 < schedule.light < 0.7
        turn(FADE)
        assert schedule.light == 1 and not schedule.resting
        clock[0] = moment("mon 18:00")
        turn(FADE / 2)
        assert 0.3 < schedule.light < 0.7 and not schedule.resting
        turn(FADE)
        assert schedule.light == 0 and schedule.resting
        assert soon(lambda: capture.fps == 0 and not any_frame_in(frames, 0.3))
        for hour in (3, 2, 23):  # the clock is set back and forth
            clock[0] = MONDAY + timedelta(hours=hour)
            turn(1.0)
            assert schedule.resting
        clock[0] = moment("tue 09:00")
        now[0] = time.monotonic()
        newest = frames.peek()
        assert newest is not None
        for _ in range(50):
            schedule.turn(now[0], newest.timestamp)
            now[0] += 0.001
        assert not schedule.resting and schedule.light == 0
        assert soon(lambda: any_frame_in(frames, 0.3))
        now[0] = time.monotonic()
        turn(2 * FADE)
        assert schedule.light == 1
        clock[0] = MONDAY - timedelta(days=4000)  # as after a flat battery, at midnight
        turn(2 * FADE)
        assert schedule.resting
        capture.check()
        assert capture.lost is None


def any_frame_in(frames: Mailbox[Frame], seconds: float) -> bool:
    before = frames.version
    time.sleep(seconds)
    return frames.version > before


def test_the_picture_moves_by_single_pixels() -> None:
    places = [pixel_shift(number * STEP) for number in range(1000)]
    assert places[0] == (0, 0) == pixel_shift(STEP * 0.99)
    assert all(abs(a - c) + abs(b - d) <= 1 for (a, b), (c, d) in pairwise(places))
    assert {x for x, _ in places} == {y for _, y in places} == set(range(-REACH, REACH + 1))


def test_dimming_leaves_the_picture_as_it_is() -> None:
    image = np.full((4, 4, 3), 200, np.uint8)
    assert dimmed(image, 0.25).max() == 50 and dimmed(image, 0).max() == 0
    bright = dimmed(image, 1.0)
    bright[:] = 0
    assert image.min() == 200


def closed_now() -> str:
    """Hours that do not contain the present moment."""
    begin = datetime.now() + timedelta(hours=6)
    return f"{begin:%H:%M}-{begin + timedelta(hours=1):%H:%M}"


def nothing_is_computed_for(seconds: float, port: int) -> bool:
    """Whether neither the network nor the canvas have drawn anything; attract mode would begin every second."""

    def drawn() -> list[float]:
        samples = parsed(ask(port, "/metrics")[1])
        return [samples[f'ventral_pictures_total{{stage="{stage}"}}'] for stage in ("network", "canvas")]

    before = drawn()
    time.sleep(seconds)
    return drawn() == before


def test_a_closed_show_is_black_and_computes_nothing(screen: Screen, tmp_path: Path) -> None:
    words = ("--kiosk", "--source", "pattern", "--hours", closed_now(), "--attract", "1", "--health", "0", *SMALL)
    with screen.show(*words, cwd=tmp_path) as process:
        assert process.stderr is not None
        port = port_of(process.stderr)
        until(lambda: json.loads(ask(port)[1])["status"] == "resting" and screen.picture().max() == 0, "a black screen")
        until(lambda: nothing_is_computed_for(2.5, port), "the last picture")
        metrics = parsed(ask(port, "/metrics")[1])
        assert metrics['ventral_rate_fps{stage="camera"}'] == 0 and metrics["ventral_healthy"] == 1
        assert screen.picture().max() == 0
        process.terminate()
        assert process.wait(timeout=20) == 0


def test_a_dim_show_records_bright_pictures(screen: Screen, tmp_path: Path) -> None:
    words = ("--source", "pattern", "--view", "camera", "--set", "window/brightness=0.25", "--fullscreen")
    with screen.show(*words, *SMALL, "--set", "window/status=off", cwd=tmp_path):
        until(lambda: screen.picture().std() > 3, "a picture")
        shown = screen.picture()
        screen.press("w")
        until(lambda: [each for each in tmp_path.glob("*.png") if "-part" not in each.name], "a snapshot")
    saved = cv2.imread(str(next(tmp_path.glob("*.png"))))
    assert saved is not None
    assert np.percentile(shown, 99) < 80 and np.percentile(saved, 99) > 180


class ScreenSaver(ctypes.Structure):
    """XScreenSaverInfo."""

    _fields_ = (
        *(("window", ctypes.c_ulong), ("state", ctypes.c_int), ("kind", ctypes.c_int)),
        *(("until", ctypes.c_ulong), ("idle", ctypes.c_ulong), ("mask", ctypes.c_ulong)),
    )


WATCH = """
import ctypes, time
from tests.realtime.show.unattended.test_schedule import ScreenSaver
x, s = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXss.so.1")
x.XOpenDisplay.restype, x.XDefaultRootWindow.restype = ctypes.c_void_p, ctypes.c_ulong
display, info = ctypes.c_void_p(x.XOpenDisplay(None)), ScreenSaver()
x.XResetScreenSaver(display)
x.XSetScreenSaver(display, 1, 1, 1, 1)
x.XSync(display, 0)
time.sleep(3)
s.XScreenSaverQueryInfo(display, ctypes.c_ulong(x.XDefaultRootWindow(display)), ctypes.byref(info))
x.XSetScreenSaver(display, 0, 0, 1, 1)
x.XResetScreenSaver(display)
x.XSync(display, 0)
print(info.state)
"""


def blanks(screen: Screen) -> bool:
    """Whether the X server blanks the screen after a second without input."""
    done = subprocess.run(
        [sys.executable, "-c", WATCH], env=screen.env, capture_output=True, text=True, check=False, timeout=60
    )
    if "libXss" in done.stderr:
        pytest.skip("libXss is not installed")
    return done.stdout.strip() == "1"


def test_the_screen_is_not_blanked_until_the_show_ends_or_is_killed(screen: Screen, tmp_path: Path) -> None:
    with screen.show("--source", "pattern", *SMALL, cwd=tmp_path):
        assert not blanks(screen)
    assert blanks(screen)
