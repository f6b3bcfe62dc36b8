"""Gives memory back to the system that the graphs of a show do not need any more.

ONNX Runtime computes in an arena that all sessions share, and their weights are on the heap: both keep what is free
until they are told to give it back.
"""

import math
import time

from realtime.inference.memory.process_memory import resident_bytes, trim_heap
from realtime.inference.providers import shrink_arena

PAUSE, LONGEST_PAUSE = 1.0, 8.0  # seconds between two checks; they become rarer while little can be given back
SPARE = 64_000_000  # bytes that may be free: an arena that grows again costs page faults
AVERAGED = 10.0  # seconds: a dream lasts longer, a single large graph does not


class SpareMemory:
    """Watches how much more is resident than the weights of the open sessions.

    The least of it is what the show needs in any case; its mean over AVERAGED seconds, what it needs now.
    """

    def __init__(self) -> None:
        self._least = math.inf
        self._due, self._pause = 0.0, PAUSE
        self._mean, self._seen = 0.0, -math.inf

    def needed(self, held: int) -> int:
        """The bytes that the show needs beside its sessions, which hold `held` bytes; asked for in every frame."""
        now, beside = time.monotonic(), resident_bytes() - held
        self._mean += (beside - self._mean) * -math.expm1((self._seen - now) / AVERAGED)
        self._seen = now
        return max(int(self._mean), 0) + SPARE

    def check(self, held: int) -> bool:
        """Whether little is free; gives memory back otherwise. `held` are the bytes of the open sessions.

        A block of the arena in which a graph computes at that moment stays: so the next check tries it again. Giving
        back takes about 0.1 ms for each MB.
        """
        now, resident = time.monotonic(), resident_bytes()
        if now < self._due:
            return False
        little = resident - held <= self._least + SPARE
        self._least = min(self._least, resident - held)
        if not little:
            give_back()
        helped = little or resident - resident_bytes() > SPARE
        self._pause = PAUSE if helped else min(2 * self._pause, LONGEST_PAUSE)
        self._due = now + self._pause
        return little


def give_back() -> None:
    """Give what is free back to the system."""
    shrink_arena()
    trim_heap()
