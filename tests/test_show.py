"""The whole show as its users run it: a process of its own, signals, lost sources, recordings read back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image as Pillow

from realtime.imaging.text import ALARM
from realtime.saved_settings.read_show import read_show
from realtime.show.drawing.rendering import REDRAW_FOR
from tests.realtime.capture.http_camera import HttpCamera
from tests.screen import ROOT, Screen, start_display, until

SMALL = ("--size", "64", "--canvas", "640x360")
HEADLESS = ("--source", "pattern", "--sink", "none", *SMALL)


IMPATIENT = """
import sys
import realtime.show.main_loop as main_loop
from scripts.__main__ import main
main_loop.LOST_FOR = 2.0
sys.exit(main())
"""
"""A show that waits two seconds for a lost source."""


@contextmanager
def ventral(*arguments: str, cwd: Path, start: Sequence[str] = ("-m", "scripts")) -> Iterator[subprocess.Popen[str]]:
    """A show in a process and a process group of its own."""
    with subprocess.Popen(
        [sys.executable, *start, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def seconds_of(path: Path) -> float:
    """How long a video lasts, from its frames."""
    if path.suffix == ".gif":
        with Pillow.open(path) as film:
            total = 0.0
            for number in range(getattr(film, "n_frames", 1)):
                film.seek(number)
                film.load()
                total += film.info["duration"] / 1000
            return total
    return float(imageio_ffmpeg.count_frames_and_secs(str(path))[1])


def part_is_growing(folder: Path) -> bool:
    """Whether a draft has two fragments, which are half a second."""
    return any(path.read_bytes().count(b"moof") > 1 for path in folder.glob("*.ventral-part*"))


def commands_with(path: Path) -> list[str]:
    """The commands of all processes that name a file, or its draft."""
    commands = list[str]()
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            commands.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [each for each in commands if str(path.with_suffix("")) in each]


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_recording_lasts_as_long_as_the_show(tmp_path: Path, suffix: str) -> None:
    take, report = tmp_path / f"take{suffix}", tmp_path / "r.json"
    with ventral(*HEADLESS, "--seconds", "4", "--record", str(take), "--report", str(report), cwd=tmp_path) as process:
        assert process.wait(timeout=60) == 0
    facts = json.loads(report.read_text())
    assert seconds_of(take) == pytest.approx(facts["seconds"] - facts["first_canvas"], abs=0.35)
    assert [path.name for path in tmp_path.iterdir() if "-part" in path.name] == []
    record = read_show(take)
    assert (record.command, record.source, record.options["canvas"]) == ("live", "pattern", "640x360")
    assert record.values.items() <= facts["controls"].items()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_signal_while_recording_leaves_a_finished_file(tmp_path: Path, number: signal.Signals, suffix: str) -> None:
    take = tmp_path / f"take{suffix}"
    with ventral(*HEADLESS, "--record", str(take), cwd=tmp_path) as process:
        until(lambda: part_is_growing(tmp_path), "the recording to grow")
        asked = time.monotonic()
        os.killpg(process.pid, number)  # as a terminal does it: to the whole group
        assert process.wait(timeout=30) == 0
        assert time.monotonic() - asked < 15
    assert seconds_of(take) > 0.3
    assert list(tmp_path.iterdir()) == [take]


def test_kill_leaves_a_readable_file_and_the_next_show_gives_it_its_name(tmp_path: Path) -> None:
    with ventral(*HEADLESS, "--record", str(tmp_path / "take.mp4"), cwd=tmp_path) as process:
        until(lambda: part_is_growing(tmp_path), "the recording to grow")
        time.sleep(2)
        process.kill()
        process.wait()
    readable = [path for path in tmp_path.iterdir() if ".mp4" in path.name]
    assert len(readable) == 1
    until(lambda: seconds_of(readable[0]) > 1.0, "a readable file")
    with ventral(*HEADLESS, "--folder", str(tmp_path), "--seconds", "1", cwd=tmp_path) as process:
        assert process.wait(timeout=60) == 0
    assert seconds_of(tmp_path / "take.mp4") > 1.0


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_second_signal_stops_at_once_and_loses_nothing(tmp_path: Path, suffix: str) -> None:
    """A long file is being finished; Ctrl-C ends that, and the next show keeps what was recorded."""
    take = tmp_path / f"take{suffix}"
    slow = ("--set", "record/gif_quality=best")
    with ventral(*HEADLESS, *slow, "--seconds", "8", "--record", str(take), cwd=tmp_path) as process:
        assert process.stderr is not None
        assert any("Ctrl-C stops at once" in line for line in process.stderr)
        until(lambda: list(tmp_path.glob(f"take.ventral-part-*{suffix}")), "the file being made from the recording")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 128 + signal.SIGINT
        assert "the next show recovers what was recorded" in process.stderr.read()
    until(lambda: not commands_with(take), "the end of the encoder")
    with ventral(*HEADLESS, "--folder", str(tmp_path), "--frames", "3", cwd=tmp_path) as process:
        assert process.wait(timeout=60) == 0
    assert seconds_of(tmp_path / "take.mp4") > 5


def test_recording_that_never_began_is_said(tmp_path: Path) -> None:
    take = tmp_path / "take.mp4"
    with ventral(*HEADLESS, "--seconds", "0.001", "--record", str(take), cwd=tmp_path) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "was not recorded" in errors.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_forced_recording_that_fails_is_said_and_keeps_the_older_file(tmp_path: Path) -> None:
    take = tmp_path / "take.mp4"
    take.write_bytes(b"an older take")
    options = (*HEADLESS, "--seconds", "30", "--record", str(take), "--force")
    with ventral(*options, cwd=tmp_path) as process:
        until(lambda: part_is_growing(tmp_path), "the recording to grow")
        ffmpeg = Path(f"/proc/{process.pid}/task")
        children = [int(each) for task in ffmpeg.glob("*/children") for each in task.read_text().split()]
        assert children
        for child in children:
            os.kill(child, signal.SIGKILL)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "was not finished" in errors.splitlines()[-1]
    assert take.read_bytes() == b"an older take"


def alarm_pixels(screen: Screen) -> int:
    """How many pixels of the screen have the colour of a fault."""
    return int((np.abs(screen.picture().astype(int) - np.array(ALARM)).max(axis=2) < 24).sum())


def test_lost_camera_is_shown_and_picked_up_again(screen: Screen, tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    with HttpCamera() as camera:
        options = ("--source", camera.url, "--view", "camera", *SMALL, "--report", str(report))
        with screen.show(*options, "--set", "window/status=off", cwd=tmp_path) as process:
            until(lambda: screen.picture().std() > 5, "a picture")
            assert alarm_pixels(screen) < 20
            camera.stop()
            until(lambda: alarm_pixels(screen) > 100, "the fault on the screen")
            camera.start()
            until(lambda: alarm_pixels(screen) < 20, "the fault to go")
            screen.press("q")
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "lost" in errors
    assert "Traceback" not in errors


def test_show_of_some_frames_gives_up_a_source_that_never_comes_back(tmp_path: Path) -> None:
    with HttpCamera() as camera:
        options = ("--source", camera.url, "--sink", "none", "--frames", "100000", *SMALL)
        with ventral(*options, cwd=tmp_path, start=("-c", IMPATIENT)) as process:
            until(lambda: camera.sent > 20, "pictures")
            camera.stop()
            _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "was lost and did not come back within 2 s" in errors.splitlines()[-1]


def test_a_show_whose_network_is_too_slow_gives_up_its_rate_but_not_a_size_that_was_chosen(tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    options = ("--source", "pattern", "--sink", "none", "--view", "mosaic", "--size", "1024", "--fps", "60")
    with ventral(*options, "--seconds", "12", "--report", str(report), cwd=tmp_path) as process:
        _, log = process.communicate(timeout=90)
    facts = json.loads(report.read_text())
    assert facts["held"]["level"].endswith("canvases")
    assert "input" not in facts["held"]["level"]
    assert f"holding {facts['held']['fps']:.0f} fps" in log
    assert facts["held"]["changes"][-1]["level"] == facts["held"]["level"]
    assert facts["fps"]["canvas"] > 1.5 * facts["fps"]["network"]
    assert len(facts["by_second"]["network"]) > 3


def test_a_show_runs_at_the_rate_that_is_chosen(tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    options = (*HEADLESS, "--view", "camera", "--fps", "10", "--frames", "30", "--report", str(report))
    with ventral(*options, cwd=tmp_path) as process:
        assert process.wait(timeout=60) == 0
    facts = json.loads(report.read_text())
    assert facts["controls"]["show/fps"] == 10
    assert facts["seconds"] > 2.0  # thirty frames; the source would have given them in a second


def test_still_picture_is_shown_until_the_end(tmp_path: Path) -> None:
    Pillow.effect_noise((120, 90), 80).convert("RGB").save(tmp_path / "still.png")
    report = tmp_path / "r.json"
    options = ("--source", "still.png", "--sink", "none", "--frames", "40", *SMALL, "--report", str(report))
    with ventral(*options, cwd=tmp_path) as process:
        assert process.wait(timeout=60) == 0
    assert json.loads(report.read_text())["frames"] == 40


def test_clip_ends_the_show_when_it_ends(assets: Path, tmp_path: Path) -> None:
    clip, report = tmp_path / "clip.mp4", tmp_path / "r.json"
    ffmpeg, whole = imageio_ffmpeg.get_ffmpeg_exe(), str(assets / "media" / "clip.mp4")
    subprocess.run([ffmpeg, "-v", "error", "-i", whole, "-frames:v", "120", "-c", "copy", str(clip)], check=True)
    options = ("--source", str(clip), "--sink", "none", *SMALL, "--report", str(report))
    with ventral(*options, cwd=tmp_path) as process:
        assert process.wait(timeout=60) == 0
    facts = json.loads(report.read_text())
    assert facts["seconds"] == pytest.approx(4, abs=0.75)
    assert facts["captured"] + facts["drops"]["capture"] == 120
    assert facts["frames"] <= facts["captured"] + 30 * REDRAW_FOR  # the newest is drawn again while the start lasts


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_display_that_dies_ends_the_show_in_order(tmp_path: Path, how: signal.Signals, suffix: str) -> None:
    server, display = start_display()
    take, report = tmp_path / f"take{suffix}", tmp_path / "r.json"
    options = ("--source", "pattern", *SMALL, "--record", str(take), "--report", str(report))
    with server, Screen(display).show(*options, cwd=tmp_path) as process:
        until(lambda: part_is_growing(tmp_path), "the recording to grow")
        server.send_signal(how)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "the display is gone; the show ends" in errors
    assert "Traceback" not in errors and "Fatal" not in errors
    assert seconds_of(take) > 0.3
    assert json.loads(report.read_text())["frames"] > 0
    assert sorted(tmp_path.iterdir()) == [report, take]


def test_the_report_is_as_new_as_the_show(tmp_path: Path) -> None:
    report = tmp_path / "r.json"

    def frames() -> int:
        return int(json.loads(report.read_text())["frames"]) if report.exists() else 0

    with ventral(*HEADLESS, "--report", str(report), cwd=tmp_path) as process:
        until(frames, "a report")
        first = frames()
        until(lambda: frames() > first, "a newer report")
        process.kill()
    assert frames() > first


def test_the_window_goes_before_a_recording_is_finished(screen: Screen, tmp_path: Path) -> None:
    film = tmp_path / "film.gif"
    options = ("--source", "pattern", *SMALL, "--record", str(film), "--set", "record/gif_quality=best")
    with screen.show(*options, cwd=tmp_path) as process:
        until(lambda: part_is_growing(tmp_path), "the recording to grow")
        time.sleep(2)
        screen.press("q")
        until(lambda: not screen.window(), "the window to go")
        assert process.poll() is None
        assert not film.exists()
        process.terminate()  # otherwise this test would take as long as the best GIF
        process.wait(60)
    [saved] = tmp_path.iterdir()
    assert seconds_of(saved) > 2


@pytest.mark.slow
def test_what_is_recorded_ends_with_the_show_and_not_with_the_last_file(tmp_path: Path) -> None:
    """A GIF takes its time; nothing is seen or recorded meanwhile."""
    take, gif, film, report = (tmp_path / name for name in ("a.take", "a.gif", "a.mp4", "r.json"))
    files = ("--log", str(take), "--record", str(gif), "--record", str(film), "--report", str(report))
    with ventral(*HEADLESS, *files, "--set", "record/gif_quality=best", "--seconds", "4", cwd=tmp_path) as process:
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    seconds = json.loads(report.read_text())["seconds"]
    assert float(errors.partition("a.take, ")[2].partition(" s")[0]) < seconds + 0.5
    assert seconds_of(gif) == pytest.approx(seconds_of(film), abs=0.15)
