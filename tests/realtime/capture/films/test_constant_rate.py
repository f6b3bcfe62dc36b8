from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from models.errors import SourceError
from realtime.capture.films.constant_rate import at_constant_rate
from realtime.capture.source import EndOfSource, Source
from realtime.imaging.frame import Image


class Timed(Source):
    """Pictures that are shown for given seconds, with their numbers as colours."""

    name, live = "timed", False

    def __init__(self, fps: float, durations: list[float], *, lost: bool = False) -> None:
        self.fps, self._durations, self._number, self._lost = fps, durations, 0, lost

    @property
    def next_duration(self) -> float:
        return self._durations[self._number] if self._number < len(self._durations) else 1 / self.fps

    def read(self) -> Image:
        if self._number == len(self._durations):
            raise SourceError("timed: lost") if self._lost else EndOfSource
        self._number += 1
        return np.full((4, 4, 3), (*divmod(self._number - 1, 256), 0), np.uint8)


def numbers(source: Source) -> list[int]:
    return [int(image[0, 0, 0]) * 256 + int(image[0, 0, 1]) for image in at_constant_rate(source)]


def test_a_constant_rate_stays_as_it_is() -> None:
    assert numbers(Timed(25, [0.04] * 100)) == list(range(100))


def test_pictures_are_repeated_and_left_out() -> None:
    assert numbers(Timed(10, [0.1, 0.3, 0.02, 0.02, 0.06, 0.1])) == [0, 1, 1, 1, 4, 5]


@pytest.mark.parametrize("late", [0.0, 0.5, 0.501, 0.25])
def test_times_in_milliseconds_lose_no_picture(late: float) -> None:
    """As in Matroska, also where the first picture is late by half of one."""
    times = [round(1000 * (number + late) / 30) / 1000 for number in range(300)]
    durations = [times[1], *np.diff(times[1:]).tolist(), 1 / 30]
    shown = numbers(Timed(30, durations))
    assert shown[-290:] == list(range(10, 300))
    assert abs(len(shown) - (300 + late)) <= 1


@pytest.mark.parametrize("seed", range(5))
def test_what_is_shown_is_never_a_picture_early_or_late(seed: int) -> None:
    durations = np.random.default_rng(seed).uniform(0.0, 0.12, 400).tolist()
    starts = np.cumsum([0.0, *durations])
    shown = numbers(Timed(30, durations))
    assert abs(len(shown) - starts[-1] * 30) <= 1
    for place, number in enumerate(shown):
        assert starts[number] - 1 / 30 <= place / 30 <= starts[number + 1] + 1e-9


def test_a_source_that_is_lost_says_so_after_its_pictures() -> None:
    images = at_constant_rate(Timed(10, [0.1, 0.1], lost=True))
    assert len(list(islice(images, 2))) == 2
    with pytest.raises(SourceError, match="lost"):
        next(images)
