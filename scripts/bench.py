"""`ventral bench`: what truncation and the head inside the graph are worth, measured side by side."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from models.build import build
from models.errors import SettingError
from models.files import write_atomically
from models.network import open_network
from models.spec import INPUT, GraphSpec, Grid, Hw, LayerInfo, MosaicHead, Network
from models.untrained import write_untrained
from models.zoo import stored_path
from realtime.capture.pattern import Pattern
from realtime.compositing import network_input
from realtime.providers import Provider, Session, choose
from realtime.recording.output import claim
from realtime.tiles import fill_panel

PANEL_HW: Hw = (640, 850)
LAYERS = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3")
WARM_UP = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One layer: medians in milliseconds of the whole network tiled in numpy, and of its own graph."""

    layer: str
    whole_ms: float
    mosaic_ms: float

    @property
    def ratio(self) -> float:
        """How many times as fast the mosaic graph is."""
        return self.whole_ms / self.mosaic_ms


def bench(
    model: str = "vgg16",
    *,
    size: int = 224,
    runs: int = 15,
    output: Annotated[Path | None, Parameter(alias="-o")] = None,
) -> None:
    """Time the mosaic of a layer from its own graph against running all layers and tiling in numpy.

    Both take turns in one process, so that the ratio holds on a machine that is busy with other things.

    Example: `ventral bench -o bench.json`

    :param model: vgg16 (with random weights when it was not exported; speed is the same), or what live takes
    :param size: pixels on each side of what the network sees
    :param runs: how often each is run; the median counts
    :param output: also write the figures to this JSON file
    """
    if runs < 1 or not 32 <= size <= 2048:
        raise SettingError(f"--runs takes at least 1 and --size 32 to 2048, but got {runs} and {size}")
    if output is not None:
        claim(output, force=True, suffixes=(".json",))
    network = open_network(
        model if model != "vgg16" or stored_path(model).exists() else str(write_untrained("vgg16", width=1.0))
    )
    provider = choose("auto")
    layers = [layer for layer in network.info.layers if layer.name in LAYERS]
    rows = [measure(network, layer, provider, size_hw=(size, size), runs=runs) for layer in layers]
    _print(network, provider, rows, size)
    if output is not None:
        facts = {"model": network.info.name, "size": size, "runs": runs, "provider": provider.name}
        figures = [
            {"layer": row.layer, "whole_ms": row.whole_ms, "mosaic_ms": row.mosaic_ms, "ratio": row.ratio}
            for row in rows
        ]
        text = json.dumps({**facts, "machine": platform.processor() or platform.machine(), "rows": figures}, indent=2)
        write_atomically(output, text.encode())


def measure(network: Network, layer: LayerInfo, provider: Provider, *, size_hw: Hw, runs: int) -> Row:
    """Time both ways in turns on one picture of the test pattern."""
    grid = fill_panel(layer.channels, PANEL_HW, aspect=size_hw[1] / size_hw[0])
    image = network_input(Pattern().read(), size_hw)
    whole, mosaic = (
        Session(network.path, provider),
        Session(build(GraphSpec(network, MosaicHead(layer.name, grid), size_hw)), provider),
    )
    gain = np.full(layer.channels, 1e-2, np.float32)

    def by_hand() -> NDArray[np.uint8]:
        tensor = image.astype(np.float32) - np.array(network.info.input.mean, np.float32)
        outputs = whole.run({INPUT: tensor.transpose(2, 0, 1)[None]})
        return tile_in_numpy(outputs[layer.name][0] * gain[:, None, None], grid)

    def in_graph() -> NDArray[np.uint8]:
        picture: NDArray[np.uint8] = mosaic.run({"image": image, "gain": gain})["picture"]
        return picture

    times = interleaved([by_hand, in_graph], runs)
    return Row(layer.name, *(round(float(np.median(each)) * 1e3, 2) for each in times))


def tile_in_numpy(maps: NDArray[np.float32], grid: Grid) -> NDArray[np.uint8]:
    """The usual way: activations 0..1, (C, h, w), to grey levels, laid out on a grid."""
    spare = grid.rows * grid.cols - len(maps)
    levels = (np.clip(maps, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    cells = np.pad(levels, ((0, spare), (0, grid.gap), (0, grid.gap)))
    rows = cells.reshape(grid.rows, grid.cols, *cells.shape[1:]).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(rows).reshape(grid.rows * cells.shape[1], -1)


def interleaved(ways: list[Callable[[], Any]], runs: int) -> list[list[float]]:
    """Seconds of each way, run in turns after a warm-up."""
    times: list[list[float]] = [[] for _ in ways]
    for turn in range(WARM_UP + runs):
        for way, kept in zip(ways, times, strict=True):
            start = time.perf_counter()
            way()
            if turn >= WARM_UP:
                kept.append(time.perf_counter() - start)
    return times


def _print(network: Network, provider: Provider, rows: list[Row], size: int) -> None:
    print(f"{network.info.name} at {size}x{size} on the {provider.name}, medians")
    table = Table(box=None, pad_edge=False)
    table.add_column("mosaic of")
    for column in ("all layers, tiled in numpy", "its own graph", "times as fast"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(row.layer, f"{row.whole_ms:.1f} ms", f"{row.mosaic_ms:.1f} ms", f"{row.ratio:.1f}")
    Console().print(table)
