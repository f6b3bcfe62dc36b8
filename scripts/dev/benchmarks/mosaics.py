"""The mosaic of a layer: a graph that ends in the mosaic, against running all layers and tiling in numpy."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.grid import Grid
from models.build.heads.mosaic import MosaicHead
from models.spec import INPUT, Hw, LayerInfo, Network
from realtime.capture.pattern import Pattern
from realtime.inference.network_input import network_input
from realtime.inference.providers import Provider, Session
from realtime.views.tiles import fill_panel
from scripts.dev.benchmarks.timing import interleaved

PANEL_HW: Hw = (640, 850)
LAYERS = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3")


@dataclass(frozen=True, slots=True)
class MosaicTiming:
    """Medians of one layer in milliseconds: all layers and numpy, and the mosaic graph."""

    layer: str
    whole_ms: float
    mosaic_ms: float

    @property
    def speedup(self) -> float:
        """The speedup of the mosaic graph."""
        return self.whole_ms / self.mosaic_ms


def measure_mosaics(network: Network, provider: Provider, *, size_hw: Hw, runs: int) -> Iterator[MosaicTiming]:
    """Time each of LAYERS that the network has."""
    for layer in network.info.layers:
        if layer.name in LAYERS:
            yield measure_mosaic(network, layer, provider, size_hw=size_hw, runs=runs)


def measure_mosaic(network: Network, layer: LayerInfo, provider: Provider, *, size_hw: Hw, runs: int) -> MosaicTiming:
    """Time both alternatives in turns on one frame of the test pattern."""
    grid = fill_panel(layer.channels, PANEL_HW, aspect=size_hw[1] / size_hw[0])
    image = network_input(Pattern().read(), size_hw)
    whole, mosaic = (
        Session(network.path, provider),
        Session(build(GraphSpec(network, MosaicHead(layer.name, grid), size_hw)), provider),
    )
    gain = np.full(layer.channels, 1e-2, np.float32)

    def in_numpy() -> NDArray[np.uint8]:
        tensor = image.astype(np.float32) - np.array(network.info.input.mean, np.float32)
        outputs = whole.run({INPUT: tensor.transpose(2, 0, 1)[None]})
        return tile_in_numpy(outputs[layer.name][0] * gain[:, None, None], grid)

    def in_graph() -> NDArray[np.uint8]:
        picture: NDArray[np.uint8] = mosaic.run({"image": image, "gain": gain})["picture"]
        return picture

    numpy_timing, graph_timing = interleaved([in_numpy, in_graph], runs)
    return MosaicTiming(layer.name, numpy_timing.wall_ms, graph_timing.wall_ms)


def tile_in_numpy(maps: NDArray[np.float32], grid: Grid) -> NDArray[np.uint8]:
    """Activations 0..1, (C, h, w), as grey levels on a grid."""
    spare = grid.rows * grid.cols - len(maps)
    levels = (np.clip(maps, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    cells = np.pad(levels, ((0, spare), (0, grid.gap), (0, grid.gap)))
    rows = cells.reshape(grid.rows, grid.cols, *cells.shape[1:]).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(rows).reshape(grid.rows * cells.shape[1], -1)
