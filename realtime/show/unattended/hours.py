"""Hours of operation: when a show is open, and how bright it is then, by the clock on the wall."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.errors import SettingError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXAMPLE = "mon-fri 09:00-18:00, sat 10:00-14:00"

_DAYS = re.compile(rf"({'|'.join(DAYS)})(?:-({'|'.join(DAYS)}))?")
_RANGE = re.compile(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)(?:@(\d{1,3})%)?")


@dataclass(frozen=True, slots=True)
class Range:
    """From `start` to `end`, in minutes since midnight, on the days that begin there; `end` may be on the next day."""

    days: frozenset[int]
    start: int
    end: int
    light: float = 1.0

    def contains(self, day: int, minute: int) -> bool:
        """Whether a minute of a day of the week lies in it."""
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        evening, night = minute >= self.start, minute < self.end
        return (evening and day in self.days) or (night and (day - 1) % 7 in self.days)


@dataclass(frozen=True, slots=True)
class Hours:
    """All ranges of a week."""

    ranges: tuple[Range, ...]

    def light_at(self, when: datetime) -> float:
        """How bright a show is at a local time, 0 to 1: 0 while it is closed.

        It depends on that time alone, so a clock that jumps and the change to summer time do no harm.
        """
        minute = when.hour * 60 + when.minute
        return max((each.light for each in self.ranges if each.contains(when.weekday(), minute)), default=0.0)


def parse_hours(text: str) -> Hours:
    """The hours that a text names, such as "mon-fri 09:00-18:00, sat 10:00-14:00@50%"; SettingError for other text.

    A range without days is for every day, and one with a percentage is dimmed.
    """
    ranges = tuple(_ranges(text))
    if not ranges:
        raise _wrong(text)
    return Hours(ranges)


def check_hours(_type: Any, text: str | None) -> None:
    """Raise ValueError for a text that names no hours: for the command line."""
    if text is not None:
        try:
            parse_hours(text)
        except SettingError as error:
            raise ValueError(f"hours such as {EXAMPLE}") from error


def _ranges(text: str) -> Iterator[Range]:
    """The ranges of a text, in which days stand before the ranges that they belong to."""
    days: frozenset[int] = frozenset()
    complete = True  # the last days have a range
    for word in text.lower().replace(",", " ").split():
        if match := _DAYS.fullmatch(word):
            first, last = DAYS.index(match[1]), DAYS.index(match[2] or match[1])
            named = frozenset((first + number) % 7 for number in range((last - first) % 7 + 1))
            days, complete = (named if complete else days | named), False
        elif match := _RANGE.fullmatch(word):
            yield _range(days or frozenset(range(7)), match, text)
            complete = True
        else:
            raise _wrong(text)
    if not complete:
        raise _wrong(text)


def _range(days: frozenset[int], match: re.Match[str], text: str) -> Range:
    start_hour, start_minute, end_hour, end_minute = (int(part) for part in match.groups()[:4])
    start, end, percent = start_hour * 60 + start_minute, end_hour * 60 + end_minute, int(match[5] or 100)
    valid = start_minute < 60 and end_minute < 60 and start < 24 * 60 and end <= 24 * 60 and 0 < percent <= 100
    if not valid or start == end:
        raise _wrong(text)
    return Range(days, start, end, percent / 100)


def _wrong(text: str) -> SettingError:
    return SettingError(f"--hours takes hours such as {EXAMPLE}, but got '{text}'")
