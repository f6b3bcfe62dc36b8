"""The time of a mosaic against the work that it is, and against the peak of the processor.

The work is two operations for each product in a convolution. Over layers and sizes, a straight line is fitted: the time
that does not depend on the work, and the rate beyond it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from models.build.graph_spec import GraphSpec
from models.build.heads.mosaic import MosaicHead
from models.build.precision import Precision
from models.build.preprocess import fix_size
from models.build.weight_cache import load_nodes
from models.graph.builder import FLOAT, UINT8, empty_model, shapes
from models.graph.truncate import truncate
from models.spec import Hw, Network
from realtime.capture.pattern import Pattern
from realtime.inference.int8_session import Int8Session
from realtime.inference.network_input import network_input
from realtime.inference.open_session import open_session
from realtime.inference.providers import CPU, Session
from realtime.views.tiles import fill_panel
from scripts.dev.benchmarks.timing import interleaved

PANEL_HW: Hw = (640, 850)
SIDES = (112, 160, 224, 320)
PEAK_CHANNELS, PEAK_SIDE = 512, 56
"""A convolution that ONNX Runtime computes near the peak of a processor."""


@dataclass(frozen=True, slots=True)
class Work:
    """A mosaic: `operations` in units of 1e9, and how many milliseconds it takes."""

    layer: str
    side: int
    operations: float
    ms: float


@dataclass(frozen=True, slots=True)
class Line:
    """The best straight line: milliseconds without any work, 1e9 operations per second, and the largest deviation.

    The deviation is that of the time beyond the overhead, relative to the line.
    """

    overhead_ms: float
    rate: float
    deviation: float


def measure_work(network: Network, precision: Precision, *, runs: int) -> Iterator[Work]:
    """The mosaics of the last layer of each block at 224 pixels, and that of the last one at all of SIDES."""
    blocks = list({layer.block: layer.name for layer in network.info.layers}.values())
    places = [(layer, 224) for layer in blocks[:-1]] + [(blocks[-1], side) for side in SIDES]
    sessions = [_mosaic(network, layer, (side, side), precision) for layer, side in places]
    for (layer, side), timing in zip(places, interleaved(sessions, runs), strict=True):
        yield Work(layer, side, count_operations(network, layer, (side, side)) / 1e9, timing.wall_ms)


def fit(works: Sequence[Work]) -> Line:
    """The line through the times, which weighs relative errors."""
    operations, times = (np.array([getattr(work, name) for work in works]) for name in ("operations", "ms"))
    design = np.stack([np.ones_like(operations), operations], axis=1) / times[:, None]
    (overhead, slope), *_ = np.linalg.lstsq(design, np.ones_like(times))
    deviations = (times - overhead) / (slope * operations) - 1
    return Line(float(overhead), float(1e3 / slope), float(np.abs(deviations).max()))


def count_operations(network: Network, layer: str, size_hw: Hw) -> float:
    """Two for each product of the convolutions up to a layer."""
    model = load_nodes(network)
    truncate(model, (layer,))
    fix_size(model, network.info.input, size_hw)
    known = shapes(model)
    return sum(2.0 * math.prod(known[node.output[0]]) * math.prod(known[node.input[1]][1:])
               for node in model.graph.node if node.op_type == "Conv")  # fmt: skip


def measure_peaks(runs: int) -> dict[Precision, float]:
    """The rates of one large convolution, 1e9 operations per second."""
    shape, rng = (1, PEAK_CHANNELS, PEAK_SIDE, PEAK_SIDE), np.random.default_rng(0)
    floats, levels = rng.normal(size=shape).astype(np.float32), rng.integers(0, 255, shape).astype(np.uint8)
    work = 2.0 * 9 * PEAK_CHANNELS**2 * PEAK_SIDE**2 / 1e6
    with TemporaryDirectory() as folder:
        exact, coarse = (_open(each, Path(folder)) for each in (_convolution(), _convolution_of_levels()))
        timings = interleaved([partial(exact.run, {"x": floats}), partial(coarse.run, {"x": levels})], runs)
    return {"fp32": work / timings[0].wall_ms, "int8": work / timings[1].wall_ms}


def _mosaic(network: Network, layer: str, size_hw: Hw, precision: Precision) -> partial[Any]:
    channels = network.info.layer(layer).channels
    grid = fill_panel(channels, PANEL_HW, aspect=1.0)
    session = open_session(GraphSpec(network, MosaicHead(layer, grid), size_hw, precision), CPU)
    feeds = {"image": network_input(Pattern().read(), size_hw)}
    feeds |= {"gain": np.full(channels, 1e-2, np.float32), "black": np.zeros(channels, np.float32)}
    if isinstance(session, Int8Session):
        session.settle_for(feeds)
    return partial(session.run, feeds)


def _convolution() -> onnx.ModelProto:
    model, rng = empty_model("convolution"), np.random.default_rng(0)
    kernel = rng.normal(size=(PEAK_CHANNELS, PEAK_CHANNELS, 3, 3)).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(kernel, "w"))
    model.graph.node.append(helper.make_node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1]))
    return _with_ends(model, FLOAT)


def _convolution_of_levels() -> onnx.ModelProto:
    model, rng = empty_model("levels"), np.random.default_rng(0)
    arrays: dict[str, Any] = {"s": np.float32(0.02), "z": np.uint8(0), "r": np.float32(1), "k": np.int8(0)}
    arrays |= {"w": rng.integers(-127, 127, (PEAK_CHANNELS, PEAK_CHANNELS, 3, 3)).astype(np.int8)}
    arrays |= {"ws": np.full(PEAK_CHANNELS, 1e-3, np.float32)}
    model.graph.initializer.extend(numpy_helper.from_array(np.asarray(each), name) for name, each in arrays.items())
    inputs = ["x", "s", "z", "w", "ws", "k", "r", "z"]
    model.graph.node.append(helper.make_node("QLinearConv", inputs, ["y"], pads=[1, 1, 1, 1]))
    return _with_ends(model, UINT8)


def _with_ends(model: onnx.ModelProto, kind: int) -> onnx.ModelProto:
    shape = (1, PEAK_CHANNELS, PEAK_SIDE, PEAK_SIDE)
    model.graph.input.append(helper.make_tensor_value_info("x", kind, shape))
    model.graph.output.append(helper.make_tensor_value_info("y", kind, shape))
    return model


def _open(model: onnx.ModelProto, folder: Path) -> Session:
    path = folder / f"{model.graph.name}.onnx"
    path.write_bytes(model.SerializeToString())
    return Session(path, CPU)
