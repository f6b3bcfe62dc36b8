"""A session of a graph in 8-bit integers, whose scales follow the activations from frame to frame."""

import json
from collections.abc import MutableMapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.build.int8.quantize import BRIGHTEST, PEAKS_OUTPUT, RECORD, SCALES_INPUT
from realtime.inference.providers import Session, Tensors

KnownScales: TypeAlias = MutableMapping[str, float]
"""The scales of the tensors of a network, by name: all its graphs begin with what one of them has found."""

FIRST_PASSES = 12  # at most, until the scales of a network are found that has never run
PASSES = 2  # at most, for each frame after it
TARGET = 0.9  # the part of the levels that the largest activation is to use
FIRST_LOW, LOW = 0.7, 0.6  # below this part, a scale shrinks
FIRST_GROWTH, GROWTH = 8.0, 1.6  # of a scale whose tensor reaches the last level
SMALLEST = 1e-5  # a scale: smaller ones could make biases that are no int32
DECAY = 0.98  # of a scale that is too large, for each frame


class Int8Session:
    """Runs a graph that `quantize` has written; a frame whose activations exceed the scales is run once more."""

    def __init__(self, session: Session, known: KnownScales) -> None:
        self._session, self._known = session, known
        record: list[dict[str, Any]] = json.loads(session.metadata[RECORD])
        self._tensors = [each["tensor"] for each in record]
        self._zeros = np.array([each["zero"] for each in record])
        self._starts = np.array([each["peaks"][0] for each in record])
        limits = [np.inf if each["largest"] is None else each["largest"] for each in record]
        self._limits = (np.array(limits) / BRIGHTEST).astype(np.float32)
        self._found = all(name in known for name in self._tensors)
        first = [known.get(name, 1.0) for name in self._tensors]
        self.scales: NDArray[np.float32] = np.minimum(np.array(first, np.float32), self._limits)

    def run(self, feeds: Tensors) -> dict[str, NDArray[Any]]:
        """Outputs by name."""
        for _ in range(PASSES if self._found else FIRST_PASSES):
            outputs = self._session.run({**feeds, SCALES_INPUT: self.scales})
            if not self._adapt(outputs.pop(PEAKS_OUTPUT)):
                break
        self._found = True
        self._known.update(zip(self._tensors, self.scales.tolist(), strict=True))
        return outputs

    def _adapt(self, peaks: NDArray[np.uint8]) -> bool:
        """Change the scales by the largest levels; whether the frame must be run again."""
        levels = np.maximum.reduceat(peaks.astype(np.int64), self._starts) - self._zeros
        used = levels / (BRIGHTEST - self._zeros)
        full = (used >= 1) & (self.scales < self._limits)
        low = (used < (LOW if self._found else FIRST_LOW)) & (
            levels > 0
        )  # of a tensor without any activation nothing is known
        fitting = np.maximum(used, 1 / BRIGHTEST) / TARGET  # the factor that would be right for this frame
        if self._found:
            factors = np.where(full, GROWTH, np.where(low, np.maximum(DECAY, fitting), 1.0))
        else:
            factors = np.where(full, FIRST_GROWTH, fitting)
        self.scales = np.clip(self.scales * factors.astype(np.float32), SMALLEST, self._limits)
        return bool(full.any() or (low.any() and not self._found))
