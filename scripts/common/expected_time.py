"""How long a gradient ascent will take, said before it begins, and how long it took."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from models.spec import Hw
from realtime.dreams.objective import ObjectiveGradient

log = logging.getLogger(__name__)

WORTH_SAYING = 3.0  # seconds


def pass_seconds(objective: ObjectiveGradient, size_hw: Hw) -> float:
    """The time of one value and gradient for a picture of `size_hw`; the first call also builds the graph."""
    grey = np.full((*size_hw, 3), 127, np.float32)
    objective(grey)
    start = time.perf_counter()
    objective(grey)
    return time.perf_counter() - start


@contextmanager
def expected_time(name: str, seconds: float) -> Iterator[None]:
    """Say before the block how long it will take, and after it how long it took, if that is worth saying."""
    if seconds >= WORTH_SAYING:
        log.info("%s: takes about %s on this machine", name, in_words(seconds))
    start = time.perf_counter()
    yield
    taken = time.perf_counter() - start
    if max(seconds, taken) >= WORTH_SAYING:
        log.info("%s: took %s", name, in_words(taken))


def in_words(seconds: float) -> str:
    """Seconds below two minutes, minutes above."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
