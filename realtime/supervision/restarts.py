"""When a failed show is started again, and with which options."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

REFUSED = 2  # the exit status
SAFE = ("--provider", "cpu", "--precision", "fp32")
UNSAFE = ("--resume", "--preset", "--set", "--provider", "--precision")


@dataclass(frozen=True, slots=True)
class RestartLimits:
    """Times in seconds."""

    pauses: tuple[float, ...] = (0.1, 1, 2, 5, 10, 30)
    """before a show is started again; the last one repeats"""
    healthy: float = 10.0
    """after which a show that fails is no failure in a row"""
    within: float = 60.0
    """in which `failures` lead to a start with safe options"""
    failures: int = 5
    silence: float = 10.0
    """without a heartbeat, until a show is ended"""
    ending: float = 900.0
    """after a show has said that it ends: a GIF may have to be finished"""
    starting: float = 120.0
    """the same before its first canvas: a graph may have to be built"""


class Restarts:
    """Counts failures, and says how long to wait and how to start."""

    def __init__(self, limits: RestartLimits) -> None:
        self._limits = limits
        self._failures: deque[float] = deque(maxlen=limits.failures)
        self._in_a_row = 0

    def failed(self, now: float, seconds: float, status: int) -> float:
        """Note a failure at `now` after `seconds` of work; the pause before the next start.

        A show that was refused what it needs, such as its source or its display (status 2), would get it no sooner
        with safe options.
        """
        self._in_a_row = 0 if seconds > self._limits.healthy else self._in_a_row + 1
        if self._in_a_row and status != REFUSED:
            self._failures.append(now)
        return self._limits.pauses[min(max(self._in_a_row - 1, 0), len(self._limits.pauses) - 1)]

    def is_safe(self, now: float) -> bool:
        """Whether the next start is one with safe options; after it, failures are counted anew."""
        full = len(self._failures) == self._limits.failures and now - self._failures[0] < self._limits.within
        if full:
            self._failures.clear()
        return full


def safe(command: Sequence[str]) -> list[str]:
    """A command on the CPU, in float32, without the values of a preset."""
    return [*_without(command, UNSAFE), *SAFE]


def _without(command: Sequence[str], options: Sequence[str]) -> list[str]:
    """A command without some options and their values."""
    kept, skip = [], False
    for word in command:
        if skip:
            skip = False
        elif word in options:
            skip = True
        elif word.partition("=")[0] not in options:
            kept.append(word)
    return kept
