from __future__ import annotations

import gc
import os
import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from models.errors import SourceError
from models.spec import Hw
from realtime.capture.films import container
from realtime.capture.films.clip import Clip, open_clip
from realtime.capture.source import EndOfSource, Source
from realtime.imaging.frame import hw
from tests.realtime.capture.clips import number_of, write_clip
from tests.realtime.capture.films.ffmpeg_films import ffmpeg


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


def test_pictures_are_freed_without_the_garbage_collector(clip_path: Path) -> None:
    clip = open_clip(clip_path, loop=True)
    gc.collect()
    gc.disable()
    try:
        for _ in range(100):
            clip.read()
        assert gc.collect() < 100  # the first picture of each round: its side data is read
    finally:
        gc.enable()
        clip.close()


def test_a_clip_that_breaks_off_says_where(clip_path: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.mp4"
    half.write_bytes(clip_path.read_bytes()[: clip_path.stat().st_size * 2 // 3])
    clip = open_clip(half, loop=True)
    with pytest.raises(
        SourceError, match=r"^half.mp4: the video ends after \d+ frames: the rest is missing or damaged$"
    ):
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


PATTERN = ("-f", "lavfi", "-i", "testsrc2=r=30:d=3:s=320x180")
SOUND = ("-f", "lavfi", "-i", "sine=d=6")
UNEVEN = ("-vf", "setpts='if(lt(N,30),N/30,1+(N-30)/2)/TB'", "-fps_mode", "vfr", "-frames:v", "40")


def durations_of(clip: Clip) -> list[float]:
    durations = []
    with closing(clip):
        try:
            while True:
                durations.append(clip.next_duration)
                clip.skip()
        except EndOfSource:
            return durations[:-1]


@pytest.mark.parametrize("suffix", [".mkv", ".ts"])
def test_sound_that_is_longer_than_the_pictures_is_no_damage(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"sound_longer{suffix}"
    ffmpeg(*PATTERN, *SOUND, path)
    durations = durations_of(open_clip(path))
    assert len(durations) == 90
    assert sum(durations) == pytest.approx(3.0, abs=0.04)
    with closing(open_clip(path, loop=True)) as clip:
        for _ in range(400):
            clip.skip()


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_uneven_times_are_kept(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"uneven{suffix}"
    ffmpeg(*PATTERN, *UNEVEN, path)
    clip = open_clip(path)
    assert clip.fps == 30
    durations = durations_of(clip)
    ends = np.cumsum(durations)
    assert len(durations) == 40
    assert ends[-1] == pytest.approx(5.5, abs=0.04)
    assert int(np.searchsorted(ends, 0.95, side="right")) == 28  # counted from 0: the 29th
    np.testing.assert_allclose(durations[:29], 1 / 30, atol=0.0011)
    np.testing.assert_allclose(durations[30:39], 0.5, atol=0.0011)


@pytest.mark.parametrize(("aspect", "size_hw"), [("2/1", (180, 640)), ("1/2", (360, 320)), ("16/11", (180, 465))])
def test_pixels_are_shown_as_wide_as_they_are(tmp_path: Path, aspect: str, size_hw: Hw) -> None:
    ffmpeg(*PATTERN, "-vf", f"setsar={aspect}", "-frames:v", "2", tmp_path / "wide.mp4")
    with closing(open_clip(tmp_path / "wide.mp4")) as clip:
        assert hw(clip.read()) == size_hw


def test_av1_plays(tmp_path: Path) -> None:
    ffmpeg(*PATTERN, "-c:v", "libaom-av1", "-cpu-used", "8", "-frames:v", "10", tmp_path / "av1.mp4")
    with closing(open_clip(tmp_path / "av1.mp4")) as clip:
        image = clip.read()
    assert (image.shape, image.std() > 20) == ((180, 320, 3), True)


def test_an_unknown_codec_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    ffmpeg(*PATTERN, "-c:v", "mjpeg", "-frames:v", "2", path)
    path.write_bytes(path.read_bytes().replace(b"MJPG", b"ZQX9"))
    with pytest.raises(SourceError, match=r"^a\.avi: the codec 'ZQX9' is not known: convert the video to H\.264"):
        open_clip(path)


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", tmp_path / "a.mp4")
    with pytest.raises(SourceError, match=r"^a\.mp4: there is no video in it: expected a video file"):
        open_clip(tmp_path / "a.mp4")


def test_a_cover_is_no_video(tmp_path: Path) -> None:
    ffmpeg(*PATTERN, "-frames:v", "1", tmp_path / "cover.jpg")
    ffmpeg(
        *SOUND,
        "-i",
        tmp_path / "cover.jpg",
        "-map",
        "0",
        "-map",
        "1",
        "-disposition:v",
        "attached_pic",
        tmp_path / "a.mp3",
    )
    with pytest.raises(SourceError, match=r"^a\.mp3: there is no video in it"):
        open_clip(tmp_path / "a.mp3")


NAMES = [
    "a b.mp4",
    "Ünïcödé.mp4",
    "🎬.mp4",
    "a#b.mp4",
    "a?b=c.mp4",
    "%d.mp4",
    "-y.mp4",
    "two\nlines.mp4",
    "file:x.mp4",
]


@pytest.mark.skipif(os.name != "posix", reason="other systems forbid some of these names")
@pytest.mark.parametrize("name", [*NAMES, os.fsdecode(b"M\xfcnchen.mp4")])
def test_a_film_may_have_any_name(clip_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(clip_path, name)
    with closing(open_clip(Path(name))) as clip:
        assert clip.name.isprintable()
        clip.name.encode()
        assert rest_of(clip) == list(range(24))


PLAYLISTS = ["#EXTM3U\n#EXTINF:2,\n{name}\n#EXT-X-ENDLIST\n", "ffconcat version 1.0\nfile {name}\n"]


@pytest.mark.parametrize("words", PLAYLISTS)
def test_a_playlist_cannot_name_other_files(clip_path: Path, tmp_path: Path, words: str) -> None:
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(words.format(name=clip_path))
    with pytest.raises(SourceError, match=r"^list\.m3u8: not"):
        open_clip(playlist)


def test_a_fault_in_the_middle_is_passed_over(clip_path: Path, tmp_path: Path) -> None:
    content = bytearray(clip_path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 60] = bytes(60)
    (tmp_path / "a.mp4").write_bytes(content)
    with closing(open_clip(tmp_path / "a.mp4")) as clip:
        shown = rest_of(clip)
    assert (shown[:4], shown[-4:]) == ([0, 1, 2, 3], [20, 21, 22, 23])


def test_what_a_film_of_nothing_says(clip_path: Path, tmp_path: Path) -> None:
    content = clip_path.read_bytes()
    start = content.index(b"mdat") + 4
    (tmp_path / "a.mp4").write_bytes(content[:start] + bytes(len(content) - start))
    with pytest.raises(SourceError, match=r"^a\.mp4: not one picture in it can be decoded: expected"):
        open_clip(tmp_path / "a.mp4")


def test_damage_in_the_middle_of_a_transport_stream_is_no_end(tmp_path: Path) -> None:
    ffmpeg(*PATTERN, "-g", "10", tmp_path / "a.ts")
    content = bytearray((tmp_path / "a.ts").read_bytes())
    middle = len(content) // 376 * 188
    del content[middle : middle + 5 * 188]
    (tmp_path / "a.ts").write_bytes(content)
    assert len(durations_of(open_clip(tmp_path / "a.ts"))) > 70


def test_sound_that_is_cut_off_after_the_last_picture_is_no_loss(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    ffmpeg(*PATTERN, *SOUND, "-movflags", "+faststart", path)
    path.write_bytes(path.read_bytes()[:-3000])
    assert len(durations_of(open_clip(path))) == 90


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".avi", ".mkv", ".webm", ".flv"])
def test_a_film_that_is_cut_off_is_told_apart(tmp_path: Path, suffix: str) -> None:
    whole = tmp_path / f"whole{suffix}"
    options = ("-movflags", "+faststart") if suffix in (".mp4", ".mov") else ()
    codec = {".webm": "libvpx", ".avi": "mpeg4", ".flv": "flv1"}.get(suffix, "libx264")
    ffmpeg(*PATTERN, "-g", "15", "-c:v", codec, "-deadline", "realtime", *options, whole)
    assert len(durations_of(open_clip(whole))) == 90
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    with pytest.raises(SourceError, match=rf"^cut\{suffix}: the video ends after \d\d frames: the rest is missing"):
        durations_of(open_clip(path))


def test_pictures_of_too_many_pixels_are_not_decoded(
    clip_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "MAX_PIXELS", 100 * 100)
    with pytest.raises(SourceError, match=r"^clip\.mp4: not one picture in it can be decoded"):
        open_clip(clip_path)
