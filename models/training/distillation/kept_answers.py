"""The teacher's answers, kept in memory for the epochs that use the same crops."""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np

from models.training.data.dataset import Indices
from models.training.distillation.teacher import Answers

MEMORY_SHARE = 0.3
"""The share of the machine's memory that the answers may take; if they take more, the teacher answers again."""

CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")
UNKNOWN_MEMORY = 4 * 2**30  # bytes of memory of a machine that does not say


class KeptAnswers:
    """The answers for `count` crops."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._round = -1
        self._known = np.zeros(count, bool)
        self._answers: Answers = ()

    def begin(self, round_number: int) -> None:
        """Forget the answers of another round."""
        if round_number != self._round:
            self._round = round_number
            self._known[:] = False

    def fill(self, ask: Callable[[Indices], Answers], batch: int) -> None:
        """Ask for what is not known yet, in batches, if all answers fit into memory."""
        for start in range(0, self._count, batch):
            places = np.arange(start, min(start + batch, self._count))
            if not self._known[places].all():
                self.get(places, partial(ask, places))
            if not self._answers:
                return

    def get(self, places: Indices, ask: Callable[[], Answers]) -> Answers:
        """The answers for the crops `places`: those kept, if all are, or else those of `ask`, which are then kept."""
        if self._known[places].all():
            return tuple(kept[places] for kept in self._answers)
        answers = ask()
        if not self._answers and self._fit(answers):
            self._answers = tuple(np.empty((self._count, *each.shape[1:]), each.dtype) for each in answers)
        for kept, each in zip(self._answers, answers, strict=False):
            kept[places] = each
        self._known[places] = bool(self._answers)
        return answers

    def _fit(self, answers: Answers) -> bool:
        size: int = self._count * sum(array[0].nbytes for array in answers)
        return size <= MEMORY_SHARE * memory()


def memory() -> int:
    """Bytes of memory that this process may use."""
    sizes = []
    with suppress(AttributeError, ValueError, OSError):  # Windows has no sysconf
        sizes.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(ValueError, OSError):  # the limit of a container, or "max"
        sizes.append(int(CONTAINER_LIMIT.read_text()))
    return min(sizes, default=UNKNOWN_MEMORY)
