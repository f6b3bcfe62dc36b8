"""Running for days, in small: memory, threads and files stay where they are."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import pytest

from models.network import open_network
from realtime.capture.pattern import Pattern
from realtime.engine import Engine
from realtime.frame import Frame
from realtime.pipeline import Pipeline
from realtime.providers import CPU
from realtime.report import resident_bytes
from realtime.table import make_controls
from realtime.views import ALL

FRAMES = 800
PER_THOUSAND = 1_000_000
"""Bytes that a thousand frames may add."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("keys", ["", "]", "m]s", "ztl", "d/,"], ids=["standing", "layers", "views", "tiles", "dreams"])
def test_nothing_grows(keys: str) -> None:
    network = open_network("textures")
    controls = make_controls(network.info, ALL)
    source = Pattern()
    images = [source.read() for _ in range(8)]
    with Engine(CPU) as engine:
        pipeline = Pipeline(network, engine, [view() for view in ALL], canvas_hw=(180, 320), short_side=48)

        def run(count: int) -> None:
            for number in range(count):
                if keys and number % 10 == 0:
                    controls.press(keys[number // 10 % len(keys)])
                    if controls.value("show/layer") == "block5_conv3":
                        controls.press("1")
                pipeline.render(Frame(images[number % 8], number, number / 30), controls.snapshot(), number / 30)

        run(FRAMES)  # until every graph is open
        gc.collect()
        before = resident_bytes(), threading.active_count(), open_files()
        run(FRAMES)
        gc.collect()
        grown = resident_bytes() - before[0]
        assert (threading.active_count(), open_files()) == before[1:]
    assert grown < PER_THOUSAND * FRAMES / 1000 + 3_000_000, f"{grown / 1e6:.1f} MB more after {FRAMES} frames"
