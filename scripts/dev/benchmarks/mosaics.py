"""The mosaic of a layer: a graph that ends in the mosaic, against other runtimes and tiling in numpy."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from models.build.heads.grid import Grid
from models.build.heads.mosaic import MosaicHead
from models.errors import ModelError, SetupError
from models.spec import INPUT, Hw, InputInfo, LayerInfo, Network
from realtime.capture.pattern import Pattern
from realtime.imaging.frame import Floats, Image
from realtime.inference.int8_session import Int8Session
from realtime.inference.network_input import network_input
from realtime.inference.open_session import open_session
from realtime.inference.providers import Provider, Session
from realtime.views.tiles import fill_panel
from scripts.dev.benchmarks.forward import RUNTIMES, Forward, input_tensor
from scripts.dev.benchmarks.timing import Timing, interleaved

PANEL_HW: Hw = (640, 850)
LAYERS = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3")
THREADS = 2
WHOLE, OURS = "ONNX Runtime, all layers", "Ventral {}"
GAIN = 1e-2

TOLERANCE = 0.25
"""The relative difference that activations may have: those of int8 differ by a few percent."""


@dataclass(slots=True)
class MosaicTimings:
    """The mosaic of `layer`: the timing of each way to make it, and why others were skipped."""

    layer: str
    timings: dict[str, Timing] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def speedup(self, name: str, reference: str = WHOLE) -> float:
        """How many times as fast as the reference."""
        return self.timings[reference].wall_ms / self.timings[name].wall_ms


def measure_mosaics(network: Network, provider: Provider, *, size_hw: Hw, runs: int) -> Iterator[MosaicTimings]:
    """Time each of LAYERS that the network has, or its key layers one per block."""
    named = [layer for layer in network.info.layers if layer.name in LAYERS]
    blocks = {layer.block: layer for layer in network.info.key_layers}
    for layer in named or blocks.values():
        yield measure_mosaic(network, layer, provider, size_hw=size_hw, runs=runs)


def measure_mosaic(network: Network, layer: LayerInfo, provider: Provider, *, size_hw: Hw, runs: int) -> MosaicTimings:
    """Time all ways in turns on one frame of the test pattern."""
    grid = fill_panel(layer.channels, PANEL_HW, aspect=size_hw[1] / size_hw[0])
    image, result = network_input(Pattern().read(), size_hw), MosaicTimings(layer.name)
    whole = Session(network.path, provider, threads=THREADS)

    def all_layers(tensor: Floats) -> Floats:
        activations: Floats = whole.run({INPUT: tensor})[layer.name][0]
        return activations

    expected = all_layers(input_tensor(image, network.info.input))
    ways = {WHOLE: partial(_in_numpy, all_layers, image, network.info.input, grid)}
    for name, make in RUNTIMES.items():
        try:
            forward = _checked(make(network, layer.name, size_hw, THREADS), image, network.info.input, expected)
        except (SetupError, ModelError) as error:
            result.skipped.append(f"{name} is skipped: {error}")
        else:
            ways[name] = partial(_in_numpy, forward, image, network.info.input, grid)
    feeds: dict[str, NDArray[Any]] = {"image": image, "gain": np.full(layer.channels, GAIN, np.float32)}
    feeds["black"] = np.zeros(layer.channels, np.float32)
    for precision in provider.kind.precisions:
        spec = GraphSpec(network, MosaicHead(layer.name, grid), size_hw, precision)
        session = open_session(spec, provider, threads=THREADS)
        if isinstance(session, Int8Session):
            session.settle_for(feeds)
        ways[OURS.format(precision)] = partial(_in_graph, session.run, feeds)
    result.timings = dict(zip(ways, interleaved(list(ways.values()), runs), strict=True))
    return result


def _checked(forward: Forward, image: Image, info: InputInfo, expected: Floats) -> Forward:
    """A forward pass if it computes the activations; SetupError if not, since its time would mean nothing."""
    difference = np.linalg.norm(forward(input_tensor(image, info)) - expected) / np.linalg.norm(expected)
    if difference > TOLERANCE:
        raise SetupError(f"its activations differ by {difference:.0%}")
    return forward


def _in_numpy(forward: Forward, image: Image, info: InputInfo, grid: Grid) -> NDArray[np.uint8]:
    return tile_in_numpy(forward(input_tensor(image, info)) * np.float32(GAIN), grid)


def _in_graph(run: Callable[..., dict[str, NDArray[np.uint8]]], feeds: dict[str, NDArray[np.generic]]) -> Image:
    return run(feeds)["picture"]


def tile_in_numpy(maps: NDArray[np.float32], grid: Grid) -> NDArray[np.uint8]:
    """Activations 0..1, (C, h, w), as grey levels on a grid."""
    spare = grid.rows * grid.cols - len(maps)
    levels = (np.clip(maps, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    cells = np.pad(levels, ((0, spare), (0, grid.gap), (0, grid.gap)))
    rows = cells.reshape(grid.rows, grid.cols, *cells.shape[1:]).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(rows).reshape(grid.rows * cells.shape[1], -1)
