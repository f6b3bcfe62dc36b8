"""The size of a real window and of its canvas, from the first picture on."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray

from realtime.outputs.window import window_size
from tests.screen import ROOT, Screen, until, virtual_screen

SMALL = ("--source", "pattern", "--size", "64", "--canvas", "640x360", "--set", "show/view=mosaic")


def test_fullscreen_fills_the_screen(screen: Screen, tmp_path: Path) -> None:
    with screen.show(*SMALL, cwd=tmp_path) as process:
        screen.press("f")
        until(lambda: screen.do("getwindowgeometry", screen.window()).endswith("1600x1000"), "the whole screen")
        until(lambda: screen.picture()[200:800, 700:].std() > 10, "the picture, grown")
        screen.press("f")
        until(lambda: not screen.do("getwindowgeometry", screen.window()).endswith("1600x1000"), "the window")
        screen.press("q")
        assert process.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("screen_hw", "window_hw"),
    [
        ((1080, 1920), (720, 1280)),
        ((2160, 3840), (720, 1280)),
        ((720, 1280), (648, 1152)),
        ((1920, 1080), (547, 972)),
        ((384, 1920), (345, 613)),
    ],
)
def test_a_window_fits_its_screen(screen_hw: tuple[int, int], window_hw: tuple[int, int]) -> None:
    assert window_size((720, 1280), screen_hw) == window_hw


def test_in_fullscreen_the_canvas_has_the_size_of_the_screen(screen: Screen, tmp_path: Path) -> None:
    take = tmp_path / "take.mp4"
    options = (*SMALL, "--view", "camera", "--folder", str(tmp_path), "--record", str(take))
    with screen.show(*options, cwd=tmp_path) as process:
        until(lambda: list(tmp_path.glob("*.ventral-part*")), "a recording")
        screen.press("w")
        until(lambda: len(list(tmp_path.glob("*.png"))) == 1, "a snapshot")
        screen.press("f")
        until(lambda: screen.do("getwindowgeometry", screen.window()).endswith("1600x1000"), "the whole screen")
        time.sleep(1.0)
        screen.press("w")
        until(lambda: len(list(tmp_path.glob("*.png"))) == 2, "another")
        screen.press("Esc")
        until(lambda: not screen.do("getwindowgeometry", screen.window()).endswith("1600x1000"), "the window")
        time.sleep(1.0)
        screen.press("w")
        until(lambda: len(list(tmp_path.glob("*.png"))) == 3, "and another")
        screen.press("q")
        assert process.wait(timeout=30) == 0
    snapshots = [
        cv2.imread(str(path)) for path in sorted(tmp_path.glob("*.png"), key=lambda path: path.stat().st_mtime)
    ]
    assert [image.shape[:2] for image in snapshots if image is not None] == [(360, 640), (1000, 1600), (360, 640)]
    film = imageio_ffmpeg.read_frames(str(take))
    assert next(film)["size"] == (640, 360)


def first_picture(screen: Screen, *arguments: str, cwd: Path) -> NDArray[np.uint8]:
    """The first picture in the middle of a white screen on which a show opens its window; the show is ended."""
    command = [sys.executable, "-m", "scripts", *arguments]
    with subprocess.Popen(command, env={**screen.env, "PYTHONPATH": str(ROOT)}, cwd=cwd) as process:
        try:
            while (middle := screen.picture()[400:600, 600:1000]).min() == 255:
                assert process.poll() is None
        finally:
            process.kill()
    return middle


@pytest.mark.parametrize("size", [(), ("--fullscreen",)])
def test_the_window_is_never_dark_before_its_first_picture(tmp_path: Path, size: tuple[str, ...]) -> None:
    with virtual_screen("-wr") as screen:  # white
        until(lambda: screen.picture()[400:600, 600:1000].min() == 255, "a white screen")
        middle = first_picture(screen, *SMALL, *size, "--view", "camera", cwd=tmp_path)
    assert middle.std() > 10


def has_size(screen: Screen, size: str) -> bool:
    return screen.do("getwindowgeometry", screen.window()).endswith(size)


def test_a_show_that_begins_in_fullscreen_leaves_it_and_comes_back(screen: Screen, tmp_path: Path) -> None:
    with screen.show(*SMALL, "--fullscreen", "--view", "camera", cwd=tmp_path) as process:
        for size in ("1600x1000", "640x360", "1600x1000", "640x360"):
            until(partial(has_size, screen, size), size)
            time.sleep(0.5)
            screen.press("f")
        screen.press("q")
        assert process.wait(timeout=30) == 0
