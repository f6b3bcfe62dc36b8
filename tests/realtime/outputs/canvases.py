"""Shows that draw canvases for a recorder."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realtime.imaging.frame import Frame
from realtime.outputs.recording.encoding import Wh
from realtime.threads.mailbox import Mailbox
from tests.realtime.outputs.recording.films import flags

SIZE_WH = (128, 96)
VIDEOS = (".mp4", ".gif")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def frame(step: int = 0, size_wh: Wh = SIZE_WH) -> Frame:
    return Frame(flags(size_wh, step=step), step, time.monotonic())


@contextmanager
def show(*, rate: float = 17.3, size_wh: Wh = SIZE_WH) -> Iterator[Mailbox[Frame]]:
    """A show that draws `rate` canvases a second."""
    canvases: Mailbox[Frame] = Mailbox()
    over = threading.Event()

    def draw() -> None:
        for step in itertools.count():
            canvases.put(frame(step, size_wh))
            if over.wait(1 / rate):
                return

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        yield canvases
    finally:
        over.set()
        thread.join()


def still(size_wh: Wh = SIZE_WH) -> Mailbox[Frame]:
    """A show that has drawn one canvas."""
    canvases: Mailbox[Frame] = Mailbox()
    canvases.put(frame(0, size_wh))
    return canvases
