"""Whether a provider draws the same pictures as the CPU, how fast, and what it leaves to the CPU."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.build.heads.ascent import AscentHead
from models.build.precision import Precision
from models.errors import one_line
from models.spec import Network
from realtime.inference.open_session import open_session
from realtime.inference.providers import CPU, Provider
from scripts.dev.benchmarks.timing import Timing, interleaved
from scripts.machine.check.examples import Example, examples

Measure: TypeAlias = Literal["levels", "cosine"]

LEVELS: dict[Precision, float] = {"fp32": 2, "bf16": 12, "fp16": 6, "int8": 24}
"""The most by which 99 in 100 pixels of tiles may differ, of 255."""

SMALLEST_COSINE: dict[Precision, float] = {"fp32": 0.999, "bf16": 0.998, "fp16": 0.998, "int8": 0.98}
"""Between two outputs that are fields of numbers: 1 where one is a positive multiple of the other."""

SMALLEST_GRADIENT_COSINE: dict[Precision, float] = {"fp32": 0.98, "bf16": 0.9, "fp16": 0.95, "int8": 0.9}
"""Between two gradients: where numbers are rounded, rectifiers and pools near a tie choose another way."""

SMALLEST_STEPS_COSINE: dict[Precision, float] = {"fp32": 0.9, "bf16": 0.6, "fp16": 0.8, "int8": 0.6}
"""Between what two steps of a dream add to a picture: the second begins where the first has ended."""

SHARE = 99  # percent of the pixels that must agree


@dataclass(frozen=True, slots=True)
class Agreement:
    """How one kind of graph does on a provider.

    `difference` is in levels of 255 for tiles, and the cosine for everything else; `fault` says why there is none.
    `left` are the operators left to the CPU, with their number. The times are those of the provider and of the CPU.
    """

    name: str
    measure: Measure = "cosine"
    difference: float = 0.0
    limit: float = 0.0
    fault: str = ""
    left: dict[str, int] = field(default_factory=dict)
    there: Timing | None = None
    here: Timing | None = None

    @property
    def agrees(self) -> bool:
        """Whether the pictures agree within the limit."""
        if self.fault:
            return False
        return self.difference <= self.limit if self.measure == "levels" else self.difference >= self.limit

    @property
    def speedup(self) -> float | None:
        """How many times as fast as the CPU."""
        return self.here.wall_ms / self.there.wall_ms if self.here and self.there else None


def check_provider(
    network: Network, provider: Provider, *, size: int, runs: int, precision: Precision = "fp32"
) -> Iterator[Agreement]:
    """Run every kind of graph on the provider and, in fp32, on the CPU."""
    for example in examples(network, size):
        spec = example.spec(network)
        here = open_session(spec, CPU)
        feeds = example.measured(here.run)
        try:
            used = spec.head.nearest(precision)
            there = open_session(replace(spec, precision=used), provider)
            outputs = there.run(feeds)
        except Exception as error:
            yield Agreement(example.name, fault=one_line(error))
            continue
        found = compare(example, here.run(feeds), outputs, used)
        timings = interleaved([partial(there.run, feeds), partial(here.run, feeds)], runs)
        yield replace(found, left=dict(Counter(there.on_the_cpu)), there=timings[0], here=timings[1])


def compare(example: Example, expected: dict[str, Any], found: dict[str, Any], precision: Precision) -> Agreement:
    """How much the compared output differs."""
    exact, other = (np.asarray(each[example.compared]) for each in (expected, found))
    if isinstance(example.head, AscentHead):  # of the picture, what the steps have changed
        exact, other = (each - example.feeds["image"] for each in (exact, other))
    if not np.isfinite(other).all():
        return Agreement(example.name, fault=f"'{example.compared}' has NaN or Inf")
    if exact.dtype == np.uint8:
        difference = float(np.percentile(np.abs(exact.astype(int) - other.astype(int)), SHARE))
        return Agreement(example.name, "levels", difference, LEVELS[precision])
    special = {"gradient": SMALLEST_GRADIENT_COSINE, "picture": SMALLEST_STEPS_COSINE}
    limits = special.get(example.compared, SMALLEST_COSINE)
    return Agreement(example.name, "cosine", cosine(exact, other), limits[precision])


def cosine(left: NDArray[Any], right: NDArray[Any]) -> float:
    """The cosine between two fields, 1 where both are zero."""
    a, b = (each.astype(np.float64).ravel() for each in (left, right))
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths else float(not a.any() and not b.any())


def agreement_table(found: list[Agreement], precision: Precision) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The titles and the cells of a table."""
    titles = (
        "",
        "picture",
        "agreement",
        "limit",
        f"{precision} there",
        "fp32 on the CPU",
        "speedup",
        "left to the CPU",
    )
    return titles, [_row(each) for each in found]


def _row(each: Agreement) -> tuple[str, ...]:
    if each.fault or each.there is None or each.here is None:
        return each.name, "fails", each.fault, "", "", "", "", ""
    digits = "{:.0f} levels" if each.measure == "levels" else "cosine {:.5f}"
    left = ", ".join(f"{number} {op}" for op, number in each.left.items()) or "nothing"
    return (
        each.name,
        "same" if each.agrees else "DIFFERS",
        digits.format(each.difference),
        f"{each.limit:g}",
        f"{each.there.wall_ms:.1f} ms",
        f"{each.here.wall_ms:.1f} ms",
        f"{each.speedup:.2f}",
        left,
    )
