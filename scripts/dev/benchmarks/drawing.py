"""What a canvas costs outside the network: colours, sizes, captions, the flash limiter, and what lies over it.

`python -m scripts.dev.benchmarks.drawing` prints the CPU time on one core of views at two sizes; `ventral bench --part
drawing` prints them too.
"""

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np

from models.build.graph_spec import GraphSpec
from models.spec import Hw
from models.zoo import BUNDLED
from realtime.capture.pattern import Pattern
from realtime.imaging.compositing import fit
from realtime.imaging.frame import Frame
from realtime.inference.engine import Engine, Outputs
from realtime.inference.providers import CPU, Tensors
from realtime.overlay.hud import Status
from realtime.overlay.overlays import Overlays
from realtime.show.options import RenderOptions
from realtime.show.setup import open_setup

VIEWS = ("mosaic", "story", "features", "dream")
SIZES: tuple[Hw, ...] = ((720, 1280), (1080, 1920))
SETTLED, FRAMES = 45, 90  # frames before the measurement, in which pictures appear and dreams begin, and in it
FPS = 30.0
STATUS = Status(network=f"{BUNDLED} fp32", provider="CPU", rates="camera 30 · network 30 · screen 30 fps")


@dataclass(frozen=True, slots=True)
class DrawingTime:
    """Medians in CPU milliseconds: the canvas, and the status line over it."""

    view: str
    canvas_hw: Hw
    canvas_ms: float
    overlay_ms: float


class NetworkClock(Engine):
    """An engine that adds up the CPU seconds that graphs take of the thread that made it."""

    def __init__(self) -> None:
        super().__init__(CPU, background=True)
        self.seconds = 0.0
        self._thread = threading.get_ident()

    def run(self, spec: GraphSpec, feeds: Tensors) -> Outputs:
        """Run a graph."""
        start = time.thread_time()
        try:
            return super().run(spec, feeds)
        finally:
            if threading.get_ident() == self._thread:
                self.seconds += time.thread_time() - start


def measure_drawing(model: str, views: Sequence[str] = VIEWS, sizes: Sequence[Hw] = SIZES) -> Iterator[DrawingTime]:
    """The drawing time of each view at each size of the canvas."""
    with _one_core():
        for view in views:
            for canvas_hw in sizes:
                yield _measure(model, view, canvas_hw)


def _measure(model: str, view: str, canvas_hw: Hw) -> DrawingTime:
    options = RenderOptions(model=model, view=view, canvas=f"{canvas_hw[1]}x{canvas_hw[0]}")
    setup, pattern, times = open_setup(options), Pattern(), []
    overlays, settings = Overlays(setup.controls, setup.network.info), setup.controls.snapshot()
    with NetworkClock() as engine:
        pipeline = setup.pipeline(engine, options)
        for count in range(SETTLED + FRAMES):
            frame, network = Frame(pattern.read(), count, count / FPS), engine.seconds
            start = time.thread_time()
            canvas = pipeline.draw_when_ready(frame, settings, count / FPS)
            drawn = time.thread_time()
            image = fit(canvas.frame.image, canvas_hw).copy()
            overlays.draw(image, canvas, STATUS, cursor=False, dialog=None)
            times.append((drawn - start - (engine.seconds - network), time.thread_time() - drawn))
            time.sleep(max(1 / FPS - (time.thread_time() - start), 0))
    canvas_ms, overlay_ms = np.median(times[SETTLED:], axis=0) * 1e3
    return DrawingTime(view, canvas_hw, round(float(canvas_ms), 2), round(float(overlay_ms), 2))


@contextmanager
def _one_core() -> Iterator[None]:
    """Let OpenCV draw on one core."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def main(model: str = BUNDLED) -> None:
    """Print a line for each view and size."""
    for each in measure_drawing(model):
        height, width = each.canvas_hw
        total = each.canvas_ms + each.overlay_ms
        print(
            f"{each.view:9} {width}x{height}: {each.canvas_ms:.1f} + {each.overlay_ms:.1f} = {total:.1f} ms", flush=True
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
