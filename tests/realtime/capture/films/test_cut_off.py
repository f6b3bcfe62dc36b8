from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from realtime.capture.films.cut_off import is_cut_off
from realtime.capture.films.film_file import FilmFile
from tests.realtime.capture.films.ffmpeg_films import ffmpeg

PATTERN = ("-f", "lavfi", "-i", "testsrc2=r=25:d=1:s=64x48")
FILMS = {
    "a.mp4": (),
    "index-first.mp4": ("-movflags", "faststart"),
    "fragments.mp4": ("-movflags", "frag_keyframe+empty_moov"),
    "a.mov": (),
    "a.avi": ("-c:v", "mjpeg"),
    "a.mkv": (),
    "a.webm": ("-c:v", "libvpx", "-deadline", "realtime"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for name, options in FILMS.items():
        ffmpeg(*PATTERN, *options, folder / name)
    return folder


@pytest.mark.parametrize("name", FILMS)
def test_a_whole_film_is_not_cut_off(folder: Path, name: str) -> None:
    assert not is_cut_off(FilmFile(folder / name))


@pytest.mark.parametrize("name", FILMS)
@pytest.mark.parametrize("share", [0.5, 0.98])
def test_a_part_of_a_film_is_cut_off(folder: Path, tmp_path: Path, name: str, share: float) -> None:
    content = (folder / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(len(content) * share)])
    assert is_cut_off(FilmFile(tmp_path / name))


@pytest.mark.parametrize("name", FILMS)
@pytest.mark.parametrize("more", [bytes(100), b"these are words\n" * 9, b"\xff" * 50])
def test_more_after_the_end_is_no_harm(folder: Path, tmp_path: Path, name: str, more: bytes) -> None:
    shutil.copy(folder / name, tmp_path)
    with (tmp_path / name).open("ab") as file:
        file.write(more)
    assert not is_cut_off(FilmFile(tmp_path / name))


def test_a_recording_whose_size_was_never_written_is_not_cut_off(tmp_path: Path) -> None:
    """A live Matroska stream has no size, and neither has any other kind of file."""
    ffmpeg(*PATTERN, "-live", "1", tmp_path / "live.mkv")
    ffmpeg(*PATTERN, tmp_path / "a.ts")
    for name in ("live.mkv", "a.ts"):
        assert not is_cut_off(FilmFile(tmp_path / name))
    (tmp_path / "words.txt").write_text("these are words")
    assert not is_cut_off(FilmFile(tmp_path / "words.txt"))
