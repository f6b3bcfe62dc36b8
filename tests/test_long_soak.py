"""Twenty thousand frames through every view and layer, with recordings and lost cameras: nothing grows."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from models.importing.open_network import open_network
from realtime.canvas.pipeline import Pipeline
from realtime.capture.feed import Capture
from realtime.capture.pattern import Pattern
from realtime.capture.source_health import HealthLimits
from realtime.controls.controls import Controls
from realtime.controls.value import Scalar
from realtime.faults.camera import failing_source
from realtime.faults.fault import Faults
from realtime.imaging.frame import Frame
from realtime.inference.engine import Engine
from realtime.inference.memory.process_memory import keep_heap_compact
from realtime.inference.providers import CPU
from realtime.outputs.recorder import Recorder
from realtime.show.make_controls import make_controls
from realtime.threads.mailbox import Mailbox
from realtime.views.registry import find_views
from tests.realtime.waiting import soon
from tests.screen import until
from tests.test_soak import PER_THOUSAND, live_bytes, open_files

FRAMES = 20_000
WARM = 4_000  # frames after which every view and every layer have been seen
VIEW, LAYER, FILM, LOSS = 250, 50, 1_000, 2_500  # frames from one change to the next
EXPENSIVE = ("dream", "gradcam")  # draw one frame in ten: in a show, their work is in the background
MEMORY = 500  # MB: less than all graphs take together
QUICK = HealthLimits(silence=0.3, pauses=(0.05,), interval=0.02)

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc"),
    pytest.mark.slow,
    pytest.mark.timeout(1800),
]


class Show:
    """A small show that changes something all the time."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        network = open_network("world")
        self._controls: Controls = make_controls(network.info, find_views())
        self._controls.set("dream/size", 64)
        self._engine = engine
        self._pipeline = Pipeline(network, engine, find_views(), canvas_hw=(180, 320), short_side=48)
        self._views = [view.name for view in find_views()]
        self._layers = [layer.name for layer in network.info.layers]
        self._canvases: Mailbox[Frame] = Mailbox()
        self._folder = folder
        source = Pattern()
        self._images = [source.read() for _ in range(8)]
        self.recorder = Recorder(self._canvases, folder=folder)

    def draw(self, number: int) -> None:
        """One frame, and what is due with it."""
        if number % VIEW == 0:
            self._controls.set("show/view", self._views[number // VIEW % len(self._views)])
        if number % LAYER == 0:
            self._controls.set("show/layer", self._layers[number // LAYER % len(self._layers)])
        if self._controls.value("show/view") not in EXPENSIVE or number % 10 == 0:
            self._engine.limit_memory(MEMORY)
            self._put(number)
        if number % FILM == FILM // 2:
            self._record(number)
        if number % LOSS == LOSS - 1:
            lose_camera()

    def rest(self, number: int) -> None:
        """Close all graphs but a few, so that what is measured does not depend on the view."""
        before = self._controls.value("show/view"), self._controls.value("show/layer")
        for layer in reversed(self._layers):  # one that is opened closes others
            self._set("mosaic", layer)
            self._engine.limit_memory(1)
            self._put(number)
        until(lambda: self._engine.pending == 0, "every graph")
        self._set(*before)

    def _put(self, number: int) -> None:
        frame = Frame(self._images[number % 8], number, number / 30)
        canvas = self._pipeline.draw_when_ready(frame, self._controls.snapshot(), number / 30)
        self._canvases.put(canvas.frame)

    def _set(self, view: Scalar, layer: Scalar) -> None:
        self._controls.set("show/view", view)
        self._controls.set("show/layer", layer)

    def _record(self, number: int) -> None:
        """Half a second of film, and a replay, which are deleted when they are whole."""
        self.recorder.start(suffix=(".mp4", ".gif")[number // FILM % 2])
        time.sleep(0.5)
        self.recorder.save_replay(suffix=".mp4")
        self.recorder.stop()
        assert self.recorder.finished(60)
        assert not self.recorder.fault
        films = list(self._folder.iterdir())
        assert len(films) == 2
        for film in films:
            film.unlink()


def lose_camera() -> None:
    """A camera that is unplugged for a moment."""
    frames: Mailbox[Frame] = Mailbox()
    opener = failing_source(Pattern, Faults(["camera:lost@0.2s+0.2s"]))
    with Capture(opener, frames, retry=True, limits=QUICK) as capture:
        assert soon(lambda: capture.lost is not None)
        assert soon(lambda: capture.lost is None)


def threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def sizes() -> list[tuple[int, int, int, int]]:
    """The frame, the memory in bytes, the open files and the threads, once in a thousand frames."""
    keep_heap_compact()  # as a show does
    measured = []
    with tempfile.TemporaryDirectory() as folder, Engine(CPU) as engine:
        show = Show(engine, Path(folder))
        with show.recorder:
            for number in range(FRAMES):
                show.draw(number)
                if number % 1000 == 999:
                    show.rest(number)
                    measured.append((number + 1, live_bytes(), open_files(), threads()))
    return measured


def test_twenty_thousand_frames() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        measured = process.submit(sizes).result()
    warm = np.array([row for row in measured if row[0] > WARM], float)
    slope = np.polyfit(warm[:, 0] / 1000, warm[:, 1], 1)[0]
    assert slope < PER_THOUSAND, f"{slope / 1e6:.2f} MB more in a thousand frames: {measured}"
    assert warm[-1, 2] <= warm[0, 2] + 1, measured
    assert warm[-1, 3] <= warm[0, 3] + 1, measured
