from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.errors import SourceError
from realtime.capture.films.clip import open_clip
from realtime.capture.source import EndOfSource, Source
from tests.realtime.capture.clips import number_of, write_clip


@pytest.fixture(scope="module")
def clip_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", pictures=24, fps=12)


def rest_of(source: Source) -> list[int]:
    numbers = []
    try:
        while True:
            numbers.append(number_of(source.read()))
    except EndOfSource:
        return numbers


def test_a_clip_gives_every_picture_once(clip_path: Path) -> None:
    clip = open_clip(clip_path)
    assert (clip.name, clip.live, clip.fps) == ("clip.mp4", False, 12.0)
    image = clip.read()
    assert (image.shape, image.dtype.name, image.flags.c_contiguous) == ((128, 160, 3), "uint8", True)
    assert rest_of(clip) == list(range(1, 24))
    with pytest.raises(EndOfSource):
        clip.read()


def test_skipping_passes_over_pictures(clip_path: Path) -> None:
    clip = open_clip(clip_path)
    for _ in range(5):
        clip.skip()
    assert number_of(clip.read()) == 5
    clip.skip()
    assert rest_of(clip) == list(range(7, 24))
    with pytest.raises(EndOfSource):
        clip.skip()


def test_a_loop_loses_no_picture(clip_path: Path) -> None:
    clip = open_clip(clip_path, loop=True)
    assert [number_of(clip.read()) for _ in range(60)] == [n % 24 for n in range(60)]


def test_each_picture_has_its_own_memory(clip_path: Path) -> None:
    clip = open_clip(clip_path)
    first, second = clip.read(), clip.read()
    assert not np.shares_memory(first, second)


def test_a_clip_that_breaks_off_says_where(clip_path: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.mp4"
    half.write_bytes(clip_path.read_bytes()[: clip_path.stat().st_size * 2 // 3])
    clip = open_clip(half, loop=True)
    with pytest.raises(SourceError, match=r"^half.mp4: the video ends after \d+ frames, because the file is cut off$"):
        for _ in range(30):
            clip.read()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file is empty"),
        (b"these are words\n" * 50, "not a video, or damaged"),
        (b"\0" * 5000, "not a video, or damaged"),
    ],
)
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=rf"^clip\.mp4: {what}: expected a video file"):
        open_clip(path)


def test_a_container_without_its_index_is_refused(clip_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(clip_path.read_bytes()[:600])
    with pytest.raises(SourceError, match=r"^cut\.mp4: not a video, or damaged"):
        open_clip(path)


def test_a_missing_clip_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=rf"^cannot read '{tmp_path}/none\.mp4': No such file or directory$"):
        open_clip(tmp_path / "none.mp4")
