"""The format of a take: a Matroska file with the frames of the source as a film, and a line of text for each.

Matroska, because ordinary players open it, because it keeps the time of every picture, and because it stays readable
when a process is killed: it is written in clusters of a quarter of a second, and nothing at its end is needed to read
it. The text is a track of subtitles, which no player shows unless it is asked to. Each line is a JSON object:

    {"frame": 12, "time": 0.401235, "changes": [[0.398, {"show/view": "dream"}]], "dropped": [0.366]}

`frame` is the number of the picture in the show, and all times are seconds after the first picture. `changes` are the
values that have changed since the line before, and are in force from this picture on. `dropped` are the times of
pictures that are missing, because the processor was busy. How the show began is the tag VENTRAL: a `ShowRecord`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from realtime.saved_settings.show_record import Values, checked_values

SUFFIX = ".take"
TAG = "VENTRAL"
MILLISECOND = Fraction(1, 1000)  # the unit of time in a Matroska file


@dataclass(frozen=True, slots=True)
class Change:
    """Values that changed together, at a time in seconds."""

    time: float
    values: Values


@dataclass(frozen=True, slots=True)
class Line:
    """The text beside a picture."""

    frame: int
    time: float
    changes: tuple[Change, ...] = ()
    dropped: tuple[float, ...] = ()

    def to_json(self) -> str:
        """The line as text; what is empty is left out."""
        record: dict[str, Any] = {"frame": self.frame, "time": round(self.time, 6)}
        if self.changes:
            record["changes"] = [[round(each.time, 6), dict(each.values)] for each in self.changes]
        if self.dropped:
            record["dropped"] = [round(each, 6) for each in self.dropped]
        return json.dumps(record)

    @classmethod
    def from_json(cls, text: str | bytes) -> Line:
        """The line that `to_json` wrote; KeyError, TypeError or ValueError for any other text."""
        record = json.loads(text)
        changes = tuple(Change(float(time), checked_values(values)) for time, values in record.get("changes", ()))
        dropped = tuple(float(time) for time in record.get("dropped", ()))
        return cls(int(record["frame"]), float(record["time"]), changes, dropped)


def is_take(text: str) -> bool:
    """Whether a source is the name of a take."""
    return Path(text).suffix.lower() == SUFFIX
