"""`ventral bench`: what truncation, heads and gradients inside the graph are worth, and what the live show costs."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from models.errors import ModelError, SettingError
from models.files import write_atomically
from models.importing.open_network import open_network
from models.spec import Hw, Network
from models.zoo import BUNDLED, stored_path
from realtime.inference.providers import Provider, choose
from realtime.outputs.recording.paths import claim
from realtime.show.config import RenderOptions
from realtime.show.look import open_setup
from scripts.dev.benchmarks import dream_step as steps
from scripts.dev.benchmarks import live_show as shows
from scripts.dev.benchmarks import mosaics
from scripts.dev.benchmarks.untrained import write_untrained

Part: TypeAlias = Literal["mosaics", "step", "show"]


def bench(
    model: str = "vgg16",
    *,
    part: Annotated[tuple[Part, ...], Parameter(negative=())] = ("mosaics", "step", "show"),
    size: int = 224,
    show: str = BUNDLED,
    runs: int = 15,
    output: Annotated[Path | None, Parameter(alias="-o")] = None,
) -> None:
    """Time mosaics, a step of a dream, and the live show, each side by side with another way.

    The mosaic of a layer from its own graph against running all layers and tiling in numpy; the step against
    TensorFlow and PyTorch, where they are installed; the show with predictions against without, and the dream.
    The ways take turns in one process, so that the ratio holds on a machine that is busy with other things.

    Example: `ventral bench --part step -o bench.json`

    :param model: vgg16 (with random weights when it was not exported; speed is the same), or what live takes
    :param part: what is measured; may be given several times
    :param size: pixels on each side of what the network sees
    :param show: the network of the show
    :param runs: how often each is run; the median counts; the show runs for seconds
    :param output: also write the figures to this JSON file
    """
    if runs < 1 or not 32 <= size <= 2048:
        raise SettingError(f"--runs takes at least 1 and --size 32 to 2048, but got {runs} and {size}")
    if output is not None:
        claim(output, force=True, suffixes=(".json",))
    open_setup(RenderOptions(model=show))
    network = open_network(
        model if model != "vgg16" or stored_path(model).exists() else str(write_untrained("vgg16", width=1.0))
    )
    provider = choose("auto")
    print(f"{network.info.name} at {size}x{size} on the {provider.name}, medians; {_load()}")
    figures: dict[str, Any] = {"model": network.info.name, "size": size, "runs": runs, "provider": provider.name}
    figures |= {"machine": platform.processor() or platform.machine(), "load": _load()}
    if "mosaics" in part:
        figures["rows"] = _mosaics(network, provider, (size, size), runs)
    if "step" in part:
        figures["step"] = _step(network, (size, size), runs)
    if "show" in part:
        figures["show"] = _show(show, provider, runs)
    if output is not None:
        write_atomically(output, json.dumps(figures, indent=2).encode())


def _mosaics(network: Network, provider: Provider, size_hw: Hw, runs: int) -> list[dict[str, Any]]:
    rows = list(mosaics.measure_mosaics(network, provider, size_hw=size_hw, runs=runs))
    cells = [(row.layer, f"{row.whole_ms:.1f} ms", f"{row.mosaic_ms:.1f} ms", f"{row.ratio:.1f}") for row in rows]
    _print(("mosaic of", "all layers, tiled in numpy", "its own graph", "times as fast"), cells)
    return [dataclasses.asdict(row) | {"ratio": row.ratio} for row in rows]


def _step(network: Network, size_hw: Hw, runs: int) -> dict[str, Any]:
    found = steps.measure_steps(network, size_hw=size_hw, runs=runs)
    cells = [
        (name, f"{time.wall_ms:.1f} ms", f"{time.cpu_ms:.1f} ms", *map("{:.2f}".format, found.ratios(name)))
        for name, time in found.timings.items()
    ]
    _print(
        (
            f"dream step at {found.layer}, CPU, {steps.THREADS} threads",
            "time",
            "of all cores",
            "times ours",
            "of all cores",
        ),
        cells,
    )
    for line in found.left_out:
        print(line)
    ways = {
        name: dataclasses.asdict(each) | dict(zip(("ratio", "cpu_ratio"), found.ratios(name), strict=True))
        for name, each in found.timings.items()
    }
    return {"layer": found.layer, "threads": steps.THREADS, "ways": ways}


def _show(model: str, provider: Provider, runs: int) -> list[dict[str, Any]]:
    rows: list[shows.ShowTiming] = []
    with shows.open_show(model, provider) as show:
        try:
            rows += shows.measure_predictions(show, runs=runs)
        except ModelError as error:
            print(f"predictions are left out: {error}")
        rows += shows.measure_dream(show, runs=runs)
    cells = [(row.name, f"{row.rate:.1f}", f"{row.core_ms:.1f} ms", f"{row.results:.1f}") for row in rows]
    titles = (f"the show with {model}, 1280x720", "pictures a second", "of its core, each", "dream results a second")
    _print(titles, cells)
    return [dataclasses.asdict(row) for row in rows]


def _print(titles: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False)
    for place, title in enumerate(titles):
        table.add_column(title, justify="right" if place else "left")
    for row in cells:
        table.add_row(*row)
    Console().print(table)


def _load() -> str:
    """How busy the machine is with other things."""
    cores = os.cpu_count() or 1
    return f"load {os.getloadavg()[0]:.1f} on {cores} cores" if hasattr(os, "getloadavg") else f"{cores} cores"
