"""Which fault happens when: `camera:hang@5s+3s` lets the camera hang for three seconds, five after the start."""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from models.errors import SettingError

LASTS = 3.0  # seconds, where nothing else is said

KINDS = {
    "camera": ("lost", "hang", "frozen", "small", "grey", "noise", "error"),
    "graph": ("error", "memory", "nan", "slow"),
    "view": ("error",),
    "encoder": ("killed", "stopped"),
    "disk": ("full",),
}
"""What can fail, and how."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A `kind` of failure of a `part`, from `begin` to `end` in seconds after the start."""

    part: str
    kind: str
    begin: float
    end: float


class Faults:
    """All that are ordered for a show; its time begins now. Any thread may ask."""

    def __init__(self, texts: Iterable[str]) -> None:
        """SettingError for a text that names no fault."""
        self._faults = [parse_fault(text) for text in texts]
        self._start = time.monotonic()

    def of(self, part: str) -> list[Fault]:
        """The faults of a part."""
        return [fault for fault in self._faults if fault.part == part]

    def now(self, part: str) -> str | None:
        """How a part fails now; None while it works."""
        seconds = self.seconds
        return next((fault.kind for fault in self.of(part) if fault.begin <= seconds < fault.end), None)

    @property
    def seconds(self) -> float:
        """The time since the start."""
        return time.monotonic() - self._start


def parse_fault(text: str) -> Fault:
    """A fault from its text; SettingError for another text."""
    match = re.fullmatch(r"([a-z]+):([a-z]+)@(\d+\.?\d*)s(?:\+(\d+\.?\d*)s)?", text)
    if match is None or match[2] not in KINDS.get(match[1], ()):
        known = ", ".join(f"{part}:{kind}" for part, kinds in KINDS.items() for kind in kinds)
        raise SettingError(f"--fault takes PART:KIND@5s or PART:KIND@5s+3s, with one of {known}; but got '{text}'")
    begin, lasts = float(match[3]), float(match[4] or LASTS)
    return Fault(match[1], match[2], begin, begin + lasts)
