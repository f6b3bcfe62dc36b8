"""`ventral bench`: the speedup from truncation, heads and gradients inside the graph, and the cost of the live show."""

import dataclasses
import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from models.build.precision import Precision
from models.errors import SettingError, SetupError
from models.files import write_atomically
from models.importing.open_network import open_network
from models.spec import Hw, Network
from models.zoo import BUNDLED, stored_path
from realtime.inference.execution.table import ProviderChoice
from realtime.inference.providers import Provider, choose
from realtime.outputs.recording.paths import check_writable
from realtime.show.options import RenderOptions, between
from realtime.show.setup import open_setup
from scripts.dev.benchmarks import drawing, dream_step, limits, live_show, mosaics
from scripts.dev.benchmarks.untrained import write_untrained
from scripts.machine.check.agreement import agreement_table, check_provider

SHOW_FPS = 30.0
TITLES = (
    "screen, fps",
    "network, fps",
    "latency, ms",
    "latency p95",
    "key, ms",
    "key p95",
    "recording, %",
    "start, ms",
    "memory, MB",
)

Part: TypeAlias = Literal["mosaics", "step", "limits", "show", "drawing"]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The provider, and whether it is compared with the CPU instead of being timed against other frameworks."""

    provider: ProviderChoice = "auto"
    """what to measure (ventral doctor says what works here)"""
    check: bool = False
    """draw every kind of graph on the provider and on the CPU, and compare the pictures"""
    precision: Precision = "fp32"
    """the number format of --check"""
    provider_option: tuple[str, ...] = ()
    """an option of ONNX Runtime's provider, such as use_tf32=0 or prefer_nhwc=1; repeatable"""

    def choose(self) -> Provider:
        """The provider with its options; SetupError when it does not work, SettingError for an option without value."""
        options = tuple(text.partition("=")[::2] for text in self.provider_option)
        if not all(value for _, value in options):
            raise SettingError("--provider-option takes a name and a value, such as use_tf32=0")
        return dataclasses.replace(choose(self.provider), options=options)


def bench(  # noqa: PLR0913, each is an option
    model: str | None = None,
    *,
    part: tuple[Part, ...] = ("mosaics", "step", "limits", "show", "drawing"),
    size: Annotated[int, between(32, 2048)] = 224,
    show: str = BUNDLED,
    runs: Annotated[int, between(1)] = 15,
    output: Annotated[Path | None, Parameter(alias=("-o", "--json"))] = None,
    where: Where = Where(),
) -> None:
    """Measure the speed of mosaics, of a dream step and of the live show at 30 fps, or --check a provider.

    Mosaics: the graph of each layer, compared with the usual way, which computes the layer in ONNX Runtime, Keras,
    TensorFlow, PyTorch or OpenVINO, if installed, and tiles it in numpy.
    Step: one step of a dream, compared with TensorFlow and PyTorch if they are installed.
    Limits: the time of mosaics against their operations, and the rate of one large convolution; CPU only.
    Show: sessions of four views with the test pattern as the camera, in a window where there is a screen: rates, the
    latency from capture to canvas, the time from a key to its picture, the part of the network's rate that a recording
    costs, the time from the start to the first picture, and memory.
    Drawing: the CPU time of a canvas without its network.
    Runs alternate, so the ratios stay valid under load.
    Check: every kind of graph on the provider and on the CPU. The exit status is 2 if the pictures differ.

    Example: `ventral bench --part step -o bench.json` or `ventral bench --provider cuda --check`

    :param model: vgg16 (random weights unless exported; same speed), or anything that ventral --model accepts
        (default: vgg16, or world with --check)
    :param part: what to measure; repeatable
    :param size: side of the network's input, in pixels
    :param show: the network for --part show
    :param runs: number of runs; the result is their median
    :param output: write the measurements to this JSON file
    """
    if output is not None:
        check_writable(output, force=True, suffixes=(".json",))
    provider = where.choose()
    open_setup(RenderOptions(model=show))
    network = _open(model or (BUNDLED if where.check else "vgg16"))
    print(f"{network.info.name} at {size}x{size} on {provider.name}, medians; {_load()}")
    figures: dict[str, Any] = {"model": network.info.name, "size": size, "runs": runs, "provider": provider.name}
    figures |= {"machine": platform.processor() or platform.machine(), "load": _load()}
    wrong: list[str] = []
    if where.check:
        figures["check"], wrong = _check(network, provider, where.precision, size, runs)
    else:
        figures |= _measure(part, network, provider, (size, size), show, runs)
    if output is not None:
        write_atomically(output, json.dumps(figures, indent=2).encode())
    if wrong:
        raise SetupError(f"{provider.name} differs from the CPU in: {', '.join(wrong)}; report it with the table above")


def _open(model: str) -> Network:
    """The network; VGG16 with random weights unless it has been exported."""
    untrained = model == "vgg16" and not stored_path(model).exists()
    return open_network(str(write_untrained("vgg16", width=1.0)) if untrained else model)


def _measure(
    parts: Sequence[Part], network: Network, provider: Provider, size_hw: Hw, show: str, runs: int
) -> dict[str, Any]:
    """The figures of each part, which are printed."""
    measures: dict[Part, Callable[[], Any]] = {
        "mosaics": partial(_mosaics, network, provider, size_hw, runs),
        "step": partial(_step, network, size_hw, runs),
        "limits": partial(_limits, network, runs),
        "show": partial(_show, show, runs),
        "drawing": partial(_drawing, show),
    }
    return {name: measure() for name, measure in measures.items() if name in parts}


def _check(
    network: Network, provider: Provider, precision: Precision, size: int, runs: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """The figures of every kind of graph, which are printed, and the names of those that differ."""
    found = list(check_provider(network, provider, size=size, runs=runs, precision=precision))
    _print(*agreement_table(found, precision))
    return [dataclasses.asdict(each) for each in found], [each.name for each in found if not each.agrees]


def _mosaics(network: Network, provider: Provider, size_hw: Hw, runs: int) -> list[dict[str, Any]]:
    rows = list(mosaics.measure_mosaics(network, provider, size_hw=size_hw, runs=runs))
    names = list(dict.fromkeys(name for row in rows for name in row.timings))
    _print(
        ("mosaic of", *(row.layer for row in rows)), [(name, *(_speed(row, name) for row in rows)) for name in names]
    )
    skipped = dict.fromkeys(reason for row in rows for reason in row.skipped)
    print(*skipped, sep="\n", end="\n" if skipped else "")
    return [dataclasses.asdict(row) | {"speedup": {name: row.speedup(name) for name in row.timings}} for row in rows]


def _speed(row: mosaics.MosaicTimings, name: str) -> str:
    """The time and the speedup of one way; empty where it was skipped."""
    return f"{row.timings[name].wall_ms:.1f} ms {row.speedup(name):5.2f}x" if name in row.timings else ""


def _step(network: Network, size_hw: Hw, runs: int) -> dict[str, Any]:
    result = dream_step.measure_steps(network, size_hw=size_hw, runs=runs)
    ratios = {name: result.ratios(name) for name in result.timings}
    cells = [
        (name, f"{timing.wall_ms:.1f} ms", f"{timing.cpu_ms:.1f} ms", *map("{:.2f}".format, ratios[name]))
        for name, timing in result.timings.items()
    ]
    title = f"dream step at {result.layer}, CPU, {dream_step.THREADS} threads"
    _print((title, "wall-clock time", "CPU time", "relative wall-clock time", "relative CPU time"), cells)
    print(*result.skipped, sep="\n", end="\n" if result.skipped else "")
    frameworks = {
        name: dataclasses.asdict(timing) | dict(zip(("ratio", "cpu_ratio"), ratios[name], strict=True))
        for name, timing in result.timings.items()
    }
    return {"layer": result.layer, "threads": dream_step.THREADS, "frameworks": frameworks}


def _limits(network: Network, runs: int) -> dict[str, Any]:
    peaks, works = limits.measure_peaks(runs), dict[str, Any]()
    for precision, peak in peaks.items():
        measured = list(limits.measure_work(network, precision, runs=runs))
        line = limits.fit(measured)
        cells = [(f"{each.layer}, {each.side}", f"{each.operations:.1f}", f"{each.ms:.1f}") for each in measured]
        _print((f"mosaic in {precision}, size", "1e9 operations", "ms"), cells)
        print(f"{line.overhead_ms:.1f} ms and 1e9 operations in {1e3 / line.rate:.2f} ms, within {line.deviation:.0%};")
        print(f"{line.rate:.0f}e9 operations per second; one large convolution: {peak:.0f}e9")
        works[precision] = {"peak": peak, "line": dataclasses.asdict(line)}
        works[precision]["works"] = [dataclasses.asdict(each) for each in measured]
    return works


def _show(model: str, runs: int) -> list[dict[str, Any]]:
    figures = live_show.measure_show(model, fps=SHOW_FPS, sessions=max(runs // 5, 1))
    names = {each.name: title for each, title in zip(dataclasses.fields(live_show.Session), TITLES, strict=True)}
    cells = [(title, *(_with_spread(each, name) for each in figures)) for name, title in names.items()]
    _print((f"show with {model}", *(each.view for each in figures)), cells)
    return [dataclasses.asdict(each) for each in figures]


def _with_spread(figures: live_show.ShowFigures, name: str) -> str:
    """The median, and in brackets the lowest and the highest value."""
    median, lowest, highest = (getattr(part, name) for part in (figures.median, figures.lowest, figures.highest))
    return f"{median:.3g} ({lowest:.3g}..{highest:.3g})"


def _drawing(model: str) -> list[dict[str, Any]]:
    rows = list(drawing.measure_drawing(model))
    cells = [
        (f"{row.view} {row.canvas_hw[1]}x{row.canvas_hw[0]}", f"{row.canvas_ms:.1f} ms", f"{row.overlay_ms:.1f} ms")
        for row in rows
    ]
    _print((f"drawing with {model}, CPU time on one core", "canvas without the network", "what lies over it"), cells)
    return [dataclasses.asdict(row) for row in rows]


def _print(titles: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False)
    for column, title in enumerate(titles):
        table.add_column(title, justify="right" if column else "left")
    for row in cells:
        table.add_row(*row)
    Console().print(table)


def _load() -> str:
    """The load of the machine."""
    cores = os.cpu_count() or 1
    return f"load {os.getloadavg()[0]:.1f} on {cores} cores" if hasattr(os, "getloadavg") else f"{cores} cores"
