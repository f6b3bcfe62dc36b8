"""A session of a graph in 8-bit integers, whose scales follow the activations from frame to frame."""

import json
import logging
from collections.abc import Callable, MutableMapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.graph.run_time_scales import LAST_LEVEL, PEAKS_OUTPUT, RECORD, SCALES_INPUT
from realtime.inference.providers import Session, Tensors

log = logging.getLogger(__name__)

KnownScales: TypeAlias = MutableMapping[str, float]
"""The scales of the tensors of a network, by name: all its graphs begin with what one of them has found."""

Scales: TypeAlias = NDArray[np.float32]

FIRST_PASSES = 12  # at most, until scales are found that fit the first frame
PASSES = 3  # at most, for each frame after it
TARGET = 0.95  # the part of the levels that the largest activation is to use
LOW, LOWEST = 0.85, 0.5  # below this part, a scale shrinks
FIRST_GROWTH = np.array([1.0, 1.5, 4.0, 16.0])  # of a scale, by how many runs in a row its tensor has reached the
GROWTH = np.array([1.0, 1.1, 2.0, 4.0])  # last level; the same after the first frame
UNSEEN = 1 / 16  # the factor of a scale whose tensor has no level but zero
CLIPPED = 2  # runs in a row that reach the last level, after which a frame is run again: one clips few pixels
SMALLEST = 1e-5  # a scale: smaller ones could make biases that are no int32
DECAY, FAST_DECAY = 0.985, 0.9  # of a scale that is too large or much too large, for each frame
RETRY = 1000  # frames until constant scales are tried again after an error
CALM = 20  # frames in which no scale grows, after which they are fixed
DRIFT = 1.3  # the factor between a fixed scale and the right one from which on they are fixed anew


class FixedScales(NamedTuple):
    """A session that was opened for some scales, which is faster."""

    session: Session
    scales: Scales


class Int8Session:
    """Runs a graph that `quantize` has written; a frame whose activations exceed the scales is run once more.

    `fix` opens the graph for constant scales. Once these are calm, `settle` calls it from a thread that may wait.
    """

    def __init__(self, session: Session, known: KnownScales, fix: Callable[[Scales], Session]) -> None:
        self._session, self._known, self._fix = session, known, fix
        self.on_the_cpu = session.on_the_cpu
        record: list[dict[str, Any]] = json.loads(session.metadata[RECORD])
        self._tensors = [each["tensor"] for each in record]
        self._zeros = np.array([each["zero"] for each in record])
        self._starts = np.array([each["peaks"][0] for each in record])
        limits = [np.inf if each["largest"] is None else each["largest"] for each in record]
        self._limits = (np.array(limits) / LAST_LEVEL).astype(np.float32)
        self._found = False
        first = [known.get(name, 1.0) for name in self._tensors]
        self.scales: Scales = np.minimum(np.array(first, np.float32), self._limits)
        self._full = np.zeros(len(record), np.int64)  # runs in a row in which a tensor reached the last level
        self._calm = 0
        self._fixed: FixedScales | None = None

    @property
    def size(self) -> int:
        """What the sessions hold of the heap, in bytes."""
        return self._session.size + (self._fixed.session.size if self._fixed is not None else 0)

    @property
    def settled(self) -> bool:
        """Whether the session for constant scales is open, and no better scales are known."""
        if self._fixed is None:
            return self._calm < CALM
        factors = np.abs(np.log(self.scales / self._fixed.scales))
        return bool(self._calm < CALM or factors.max() < np.log(DRIFT))

    def settle(self) -> None:
        """Open the session for constant scales if they have been calm for a while."""
        if self.settled:
            return
        scales = self.scales.copy()
        try:
            self._fixed, self._calm = FixedScales(self._fix(scales), scales), 0
        except Exception:
            log.warning("8-bit integers run without constant scales", exc_info=True)
            self._calm = -RETRY

    def settle_for(self, feeds: Tensors) -> None:
        """Settle for one picture: before measuring."""
        for _ in range(2):
            self.run(feeds)
        self._calm = CALM
        self.settle()

    def run(self, feeds: Tensors) -> dict[str, NDArray[Any]]:
        """Outputs by name."""
        outputs = self._run_fixed(feeds) or self._run_open(feeds)
        self._calm = 0 if self._full.any() else self._calm + 1
        self._known.update(zip(self._tensors, self.scales.tolist(), strict=True))
        return outputs

    def _run_fixed(self, feeds: Tensors) -> dict[str, NDArray[Any]] | None:
        """The outputs with constant scales; None when there are none, or the activations exceed them."""
        fixed = self._fixed
        if fixed is None:
            return None
        outputs = fixed.session.run(feeds)
        if self._follow(outputs.pop(PEAKS_OUTPUT), fixed.scales):
            self._fixed = None
            return None
        return outputs

    def _run_open(self, feeds: Tensors) -> dict[str, NDArray[Any]]:
        """The outputs with the present scales, after as many runs as it takes to find them."""
        first = self.scales
        for _ in range(PASSES if self._found else FIRST_PASSES):
            outputs = self._session.run({**feeds, SCALES_INPUT: self.scales})
            peaks = outputs.pop(PEAKS_OUTPUT)
            if not (self._follow(peaks, self.scales) if self._found else self._search(peaks)):
                break
        if not self._found:  # of a tensor without any activation nothing is known
            self._set(np.where(self._levels_used(peaks) > 0, self.scales, first))
            self._found = True
        return outputs

    def _levels_used(self, peaks: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The part of the levels that each scale uses: 1 when a tensor reaches the last one."""
        levels = np.maximum.reduceat(peaks.astype(np.int64), self._starts) - self._zeros
        return np.asarray(levels / (LAST_LEVEL - self._zeros), np.float64)

    def _search(self, peaks: NDArray[np.uint8]) -> bool:
        """Change the scales until they fit the first frame; whether it must be run again."""
        used = self._levels_used(peaks)
        full = self._count_full(used, self.scales)
        fitting = np.where(used > 0, np.maximum(used, 1 / LAST_LEVEL) / TARGET, UNSEEN)
        factors = np.where(full, FIRST_GROWTH[self._full], fitting)
        self._set(self.scales * factors)
        return bool(full.any() or ((used < LOWEST) & (self.scales > SMALLEST)).any())

    def _follow(self, peaks: NDArray[np.uint8], scales: Scales) -> bool:
        """Change the scales by the peaks of a run with `scales`; whether the frame must be run again."""
        used = self._levels_used(peaks)
        grown = self._full >= CLIPPED
        full = self._count_full(used, scales)
        fitting = scales * np.where(used > 0, np.maximum(used, 1 / LAST_LEVEL) / TARGET, 1.0)
        ratio = fitting / self.scales * TARGET
        decay = np.where(ratio < LOWEST, FAST_DECAY, np.where(ratio < LOW, DECAY, 1.0))
        calm = np.where(grown, fitting, np.maximum(self.scales * decay, np.minimum(fitting, self.scales)))
        self._set(np.where(full, np.maximum(scales, self.scales) * GROWTH[self._full], calm))
        return bool((self._full >= CLIPPED).any())

    def _count_full(self, used: NDArray[np.float64], scales: Scales) -> NDArray[np.bool_]:
        """Which tensors reach the last level, and are not held back by a limit; count the runs in a row."""
        full = np.asarray((used >= 1) & (scales < self._limits))
        self._full = np.where(full, np.minimum(self._full + 1, len(GROWTH) - 1), 0)
        return full

    def _set(self, scales: NDArray[np.floating[Any]]) -> None:
        self.scales = np.clip(scales, SMALLEST, self._limits).astype(np.float32)
