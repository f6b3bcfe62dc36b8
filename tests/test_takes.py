"""The takes of whole shows: what the audience saw is what `ventral render` plays again."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from realtime.capture.source import EndOfSource
from realtime.show.options import RenderOptions
from realtime.show.setup import open_setup
from realtime.takes.take_film import read_start
from scripts.cli import status
from scripts.common.reuse_show import options_of_show
from scripts.show.play_take import play
from tests.realtime.takes.made_takes import read
from tests.screen import ROOT, Screen, until
from tests.test_show import HEADLESS, SMALL, ventral

SPY = """
import json, sys
from dataclasses import fields
from realtime.show.drawing.view_drawing import ViewDrawing
from scripts.__main__ import main
draw, file = ViewDrawing._draw, open("live.jsonl", "w", buffering=1)
def spied(self, frame, settings, now):
    controls = self._controls
    values = {f"{group.group}/{each.name}": getattr(settings[group], each.name)
              for group in controls._groups.values() for each in fields(group)}
    print(json.dumps([frame.index, values]), file=file)
    draw(self, frame, settings, now)
ViewDrawing._draw = spied
sys.exit(main())
"""
"""A show that writes down, for each frame that a view draws, with which values that is done."""

Values = dict[str, Any]


def without_window(values: Values) -> Values:
    return {path: value for path, value in values.items() if not path.startswith("window/")}


def live_values(folder: Path) -> list[tuple[int, Values]]:
    lines = (json.loads(line) for line in (folder / "live.jsonl").read_text().splitlines())
    return [(frame, without_window(values)) for frame, values in lines]


def offline_values(take: Path) -> list[tuple[int, Values]]:
    """The values with which `ventral render` draws each frame."""
    start = read_start(take)
    setup = open_setup(options_of_show(start, RenderOptions(), take))
    frames, played = [line["frame"] for line in read(take)[2]], list[tuple[int, Values]]()
    with closing(play(str(take), start, setup)) as source:
        try:
            for frame in frames:
                source.read()
                played.append((frame, without_window(setup.controls.values())))
        except EndOfSource:
            pass
    assert len(played) == len(frames)
    return played


def sequence(values: Sequence[tuple[int, Values]]) -> list[tuple[int, Values]]:
    """Each state of the values once, with the first frame that has it."""
    return [next(group) for _, group in groupby(values, key=lambda each: each[1])]


def test_keys_and_clicks_have_the_same_effect_in_the_take(screen: Screen, tmp_path: Path) -> None:
    take = tmp_path / "a.take"
    arguments = ("--source", "pattern", *SMALL, "--log", str(take), "--fps", "15")
    with subprocess.Popen(
        [sys.executable, "-c", SPY, *arguments],
        env={**screen.env, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            until(lambda: process.poll() is not None or screen.window(), "the window")
            screen.do("windowfocus", "--sync", screen.window())
            until(lambda: len(live_values(tmp_path)) > 10, "frames")
            for key in ("m", "8", "[", "t", " ", " ", "d", "=", "6", "7", "Backspace", "x"):
                states = len(sequence(live_values(tmp_path)))
                screen.press(key)
                until(lambda: len(sequence(live_values(tmp_path))) > states, f"what {key} does")  # noqa: B023
                time.sleep(0.2)  # in which the take gets a frame with it
            screen.do("mousemove", "--window", screen.window(), "70", "60", "click", "1")
            until(lambda: live_values(tmp_path)[-1][1]["features/points"], "what a click does")
            time.sleep(0.2)
            screen.press("q")
            assert process.wait(timeout=60) == 0, process.communicate()[1]
        finally:
            process.kill()
    live, offline = sequence(live_values(tmp_path)), sequence(offline_values(take))
    assert len(live) > 12
    assert [values for _, values in offline] == [values for _, values in live]
    late = [drawn - kept for (drawn, _), (kept, _) in zip(live, offline, strict=True)]
    assert sorted(map(abs, late))[len(late) // 2] <= 5  # frames: a view draws the newest one, however late it is
    assert status(["render", str(take), "-o", str(tmp_path / "out.mp4"), "--frames", "20"]) == 0


def test_the_programme_of_a_show_without_a_window_is_in_its_take(tmp_path: Path) -> None:
    take, report = tmp_path / "a.take", tmp_path / "r.json"
    arguments = (*HEADLESS, "--log", str(take), "--attract", "1", "--seconds", "3", "--report", str(report))
    with ventral(*arguments, cwd=tmp_path, start=("-c", SPY)) as process:
        assert process.wait(timeout=60) == 0
    live, offline = sequence(live_values(tmp_path)), sequence(offline_values(take))
    assert [values for _, values in offline] == [values for _, values in live]
    facts = json.loads(report.read_text())
    assert without_window(facts["controls"]) == offline[-1][1]
    assert [each["state"] for each in facts["outputs"] if each["name"] == "take"] != ["failed"]


def test_a_killed_show_leaves_a_take_that_the_next_one_gives_its_name(tmp_path: Path) -> None:
    with ventral(*HEADLESS, "--log", str(tmp_path / "a.take"), cwd=tmp_path) as process:
        until(lambda: any(path.stat().st_size > 100_000 for path in tmp_path.glob("*.take")), "the take to grow")
        time.sleep(1.0)
        process.kill()
        process.wait()
    with ventral(*HEADLESS, "--seconds", "0.5", cwd=tmp_path) as process:
        assert process.wait(timeout=60) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a.take"]
    assert read(tmp_path / "a.take")[1][-1] > 0.7
    assert status(["render", str(tmp_path / "a.take"), "-o", str(tmp_path / "out.mp4"), "--frames", "5"]) == 0


def test_a_signal_leaves_a_finished_take(tmp_path: Path) -> None:
    with ventral(*HEADLESS, "--log", str(tmp_path / "a.take"), cwd=tmp_path) as process:
        until(lambda: any(path.stat().st_size > 100_000 for path in tmp_path.glob("*.take")), "the take to grow")
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a.take"]


def test_the_show_goes_on_when_the_disk_takes_no_more(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    arguments = (*HEADLESS, "--log", "a.take", "--seconds", "5", "--report", "r.json")
    with subprocess.Popen(
        [sys.executable, "-m", "scripts", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit,
    ) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2, errors
    assert "Traceback" not in errors
    assert "a.take was not finished: File too large; the first" in errors.splitlines()[-1]
    assert json.loads((tmp_path / "r.json").read_text())["seconds"] > 4.5
    assert len(read(tmp_path / "a.take")[0]) > 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.take", "a.take exists already; choose another name, or use --force"),
        ("a.mp4", "its name must end in .take"),
        ("none/a.take", "there is no such folder"),
    ],
)
def test_a_take_that_cannot_be_written_is_refused_before_the_show(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "a.take").write_bytes(b"mine")
    with ventral(*HEADLESS, "--log", name, cwd=tmp_path) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert message in errors
    assert errors.count("\n") == 1
    assert (tmp_path / "a.take").read_bytes() == b"mine"
