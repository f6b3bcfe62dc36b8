"""Presses random keys in the window of a show, and logs its resident memory.

`xvfb-run python -m scripts.dev.benchmarks.random_keys 120 --model googlenet.onnx --source clip.mp4 --loop` presses keys
for 120 seconds; what follows the seconds are options of the show. It needs xdotool. With `--report r.json` the show
itself says how long a key takes to change the picture.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PAUSE = 0.2  # seconds between two keys
SEED = 7
EVERY = 10.0  # seconds between two lines of the log
PATIENCE = 60.0  # seconds for the window to appear, and for the show to end

KEYS = (
    *"vcd6gms0u1o2o3o4o5;x7-=9za8nt,py",
    *("slash", "bracketleft", "bracketright", "space", "apostrophe", "grave", "Return", "BackSpace"),
    *("Left", "Right", "Up", "Down", "Prior", "Next"),
)
"""All keys but those that record, end the show or change the size of the window; those that change layers twice."""


@contextmanager
def running_show(options: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A show whose window has the keyboard; it is ended in order."""
    command = [sys.executable, "-m", "scripts", "live", *options]
    with subprocess.Popen(command) as show:
        try:
            _xdotool("windowfocus", _wait_for_window(show))
            yield show
        finally:
            show.send_signal(signal.SIGTERM)
            show.wait(PATIENCE)


def press(key: str) -> None:
    """Press a key, as xdotool names it."""
    _xdotool("key", key)


def click(x: int, y: int, button: int) -> None:
    """Click at a place of the screen."""
    _xdotool("mousemove", f"{x}", f"{y}", "click", f"{button}")


def press_keys(seconds: float, options: Sequence[str]) -> list[int]:
    """The resident bytes of a show after each key."""
    with running_show(options) as show:
        return _press(show, seconds)


def _press(show: subprocess.Popen[bytes], seconds: float) -> list[int]:
    chosen, start, sizes = random.Random(SEED), time.monotonic(), list[int]()
    due = EVERY
    while (passed := time.monotonic() - start) < seconds and show.poll() is None:
        press(chosen.choice(KEYS))
        sizes.append(resident_bytes(show.pid))
        if passed >= due:
            print(f"{passed:5.0f} s, {len(sizes)} keys: {sizes[-1] / 1e6:.0f} MB", flush=True)
            due += EVERY
        time.sleep(PAUSE)
    return sizes


def _wait_for_window(show: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + PATIENCE
    while show.poll() is None and time.monotonic() < deadline:
        if found := _xdotool("search", "--onlyvisible", "--class", "^Ventral$"):
            return found.splitlines()[-1]
        time.sleep(0.1)
    raise SystemExit("the window of the show did not appear")


def _xdotool(*arguments: str) -> str:
    return subprocess.run(["xdotool", *arguments], capture_output=True, text=True, check=False).stdout.strip()


def resident_bytes(process: int) -> int:
    """The resident memory of a process."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main(seconds: float, options: Sequence[str]) -> None:
    """Print what the show held: the median, the 95th percentile, the maximum and the last, in MB."""
    sizes = press_keys(seconds, options)
    ordered = sorted(sizes)
    median, high = (ordered[round(share * (len(ordered) - 1))] for share in (0.5, 0.95))
    print(
        f"{len(sizes)} keys: median {median / 1e6:.0f} MB, 95th percentile {high / 1e6:.0f} MB,"
        f" maximum {ordered[-1] / 1e6:.0f} MB, at the end {sizes[-1] / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
