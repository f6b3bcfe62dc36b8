"""Running for days, in small: memory, threads and files stay where they are."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from models.importing.open_network import open_network
from realtime.canvas.pipeline import Pipeline
from realtime.capture.pattern import Pattern
from realtime.imaging.frame import Frame
from realtime.inference.engine import Engine
from realtime.inference.memory.process_memory import resident_bytes
from realtime.inference.providers import CPU
from realtime.show.make_controls import make_controls
from realtime.views.registry import find_views
from tests.screen import until

FRAMES = 800
PER_THOUSAND = 1_000_000
"""Bytes that a thousand frames may add."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def live_bytes() -> int:
    """Memory in use: what is free goes back to the system first, for a leak would hide in it."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return resident_bytes()


@dataclass(frozen=True, slots=True)
class Growth:
    """What a process holds more after a run than before it."""

    size: int
    threads: int
    files: int


def grow(keys: str) -> Growth:
    """How much more this process holds after ``FRAMES`` frames, when as many have gone before."""
    network = open_network("world")
    controls = make_controls(network.info, find_views())
    controls.set("dream/size", 64)
    source = Pattern()
    images = [source.read() for _ in range(8)]
    with Engine(CPU) as engine:
        pipeline = Pipeline(network, engine, find_views(), canvas_hw=(180, 320), short_side=48)

        def run() -> None:
            for number in range(FRAMES):
                if keys and number % 10 == 0:
                    controls.press(keys[number // 10 % len(keys)])
                    if controls.value("show/layer") == "block5_conv3":
                        controls.press("1")
                frame = Frame(images[number % 8], number, number / 30)
                pipeline.draw_when_ready(frame, controls.snapshot(), number / 30)

        run()
        until(lambda: engine.pending == 0, "every graph")
        size, threads, files = live_bytes(), threading.active_count(), open_files()
        run()
        return Growth(live_bytes() - size, threading.active_count() - threads, open_files() - files)


@pytest.mark.parametrize("keys", ["", "]", "m]s", "ztl", "d/,"], ids=["standing", "layers", "views", "tiles", "dreams"])
def test_nothing_grows(keys: str) -> None:
    # in a process of its own: what earlier tests left to the allocator comes and goes by megabytes
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        grown = process.submit(grow, keys).result()
    assert (grown.threads, grown.files) == (0, 0)
    assert grown.size < PER_THOUSAND * FRAMES / 1000, f"{grown.size / 1e6:.1f} MB more after {FRAMES} frames"
