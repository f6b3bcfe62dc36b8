"""The picture at a time is the one that the ffmpeg program shows, for films of all kinds, and each keeps its length."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from realtime.capture.films.clip import open_clip
from realtime.capture.films.constant_rate import at_constant_rate
from realtime.capture.source import EndOfSource
from realtime.imaging.frame import Image
from tests.realtime.capture.films.ffmpeg_films import FILMS, seen_by_ffmpeg

SAMPLES = 50


def played(path: Path) -> tuple[list[Image], list[float]]:
    """The pictures of a film, and when each of them ends, in seconds."""
    images: list[Image] = []
    ends: list[float] = []
    with closing(open_clip(path)) as clip:
        try:
            while True:
                duration = clip.next_duration
                images.append(clip.read())
                ends.append((ends[-1] if ends else 0.0) + duration)
        except EndOfSource:
            return images, ends


@pytest.mark.slow
@pytest.mark.parametrize("name", FILMS)
def test_the_picture_at_a_time_is_the_one_that_ffmpeg_gives(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    FILMS[name](path)
    images, ends = played(path)
    seen = seen_by_ffmpeg(path, images[0].shape[1::-1])
    assert len(images) == len(seen.images) == len(seen.times)
    for time in np.random.default_rng(len(name)).uniform(0, ends[-1], SAMPLES):
        number = int(np.searchsorted(ends, time, side="right"))
        expected = seen.at(time)
        assert number == expected, (time, ends[max(number - 2, 0) : number + 2])
        difference = np.abs(images[number].astype(int) - seen.images[expected]).mean()
        assert difference < 4  # hard edges of colour, which two versions of FFmpeg enlarge differently
    with closing(open_clip(path)) as clip:
        seconds = sum(1 for _ in at_constant_rate(clip)) / clip.fps
        assert seconds == pytest.approx(ends[-1], abs=1 / clip.fps)
        assert seen.times[-1] < seconds <= seen.times[-1] + 2 / clip.fps
