"""A real screen for tests: Xvfb, a window manager, key presses, clicks and screenshots."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

ROOT = Path(__file__).parent.parent
TOOLS = ("Xvfb", "xdotool", "openbox", "import")
PATIENCE = 40.0

KEYSYMS = {
    "[": "bracketleft",
    "]": "bracketright",
    "`": "grave",
    ";": "semicolon",
    ".": "period",
    "?": "question",
    " ": "space",
    "Esc": "Escape",
    "Backspace": "BackSpace",
    "PgUp": "Prior",
    "PgDn": "Next",
    "Enter": "Return",
    ",": "comma",
    "/": "slash",
    "'": "apostrophe",
    "-": "minus",
    "=": "equal",
    "\\": "backslash",
}


def until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:g} s in vain: {what}")
        time.sleep(0.05)


class Screen:
    """A virtual screen on which programs are started and watched."""

    def __init__(self, display: str) -> None:
        self.env = {**os.environ, "DISPLAY": display}

    def do(self, *arguments: str) -> str:
        """Run xdotool."""
        done = subprocess.run(["xdotool", *arguments], env=self.env, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    def press(self, key: str) -> None:
        """Press a key as the table of controls calls it."""
        self.do("key", KEYSYMS.get(key, key))
        time.sleep(0.12)

    def picture(self) -> NDArray[np.uint8]:
        """What is on the screen now."""
        raw = subprocess.run(
            ["import", "-window", "root", "png:-"], env=self.env, capture_output=True, check=True
        ).stdout
        image = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        return image.astype(np.uint8)

    def mouse_cursor_is_seen(self) -> bool:
        """Whether the image of the mouse cursor has a pixel that is not transparent."""
        code = (
            "import ctypes as c, sys; x, f = c.CDLL('libX11.so.6'), c.CDLL('libXfixes.so.3');"
            "x.XOpenDisplay.restype = c.c_void_p; d = c.c_void_p(x.XOpenDisplay(None)); b, e = c.c_int(), c.c_int();"
            "f.XFixesQueryExtension(d, c.byref(b), c.byref(e)); f.XFixesGetCursorImage.restype = c.c_void_p;"
            "p = f.XFixesGetCursorImage(d); w, h = c.cast(p + 4, c.POINTER(c.c_ushort))[0:2];"
            "pixels = c.cast(c.cast(p + 24, c.POINTER(c.c_void_p))[0], c.POINTER(c.c_ulong))[0 : w * h];"
            "sys.exit(not any(pixel >> 24 & 255 for pixel in pixels))"
        )
        return subprocess.run([sys.executable, "-c", code], env=self.env, check=False).returncode == 0

    @contextmanager
    def show(self, *arguments: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
        """Start ventral, wait for its window, and end it when the block does."""
        with subprocess.Popen(
            [sys.executable, "-m", "scripts", *arguments],
            env={**self.env, "PYTHONPATH": str(ROOT)},
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                until(lambda: process.poll() is not None or self.window(), "the window")
                assert process.poll() is None, process.communicate()[1]
                self.do("windowfocus", "--sync", self.window())
                yield process
            finally:
                process.kill()

    def window(self) -> str:
        """The number of ventral's window, or nothing."""
        found = self.do("search", "--onlyvisible", "--class", "^Ventral$")
        return found.splitlines()[-1] if found else ""


def start_display(*options: str) -> tuple[subprocess.Popen[bytes], str]:
    """A virtual display: its process and its name."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-noreset", *options],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as answer:
        return server, f":{answer.readline().strip()}"


@contextmanager
def virtual_screen(*options: str) -> Iterator[Screen]:
    """A screen of 1600x1000 with a window manager; the test is skipped where it cannot be had."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    server, display = start_display(*options)
    manager = subprocess.Popen(
        ["openbox"], env={**os.environ, "DISPLAY": display}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield Screen(display)
    finally:
        for process in (manager, server):
            process.terminate()
            process.wait()


@pytest.fixture(scope="session")
def screen() -> Iterator[Screen]:
    """A black screen, for all tests."""
    with virtual_screen() as shared:
        yield shared
