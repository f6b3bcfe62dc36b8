from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import SourceError
from realtime.capture.camera import open_camera
from realtime.capture.clip import Clip, open_clip
from realtime.capture.source import EndOfSource, Source, SourceOptions
from realtime.capture.stream import open_stream, public_name
from realtime.capture.video import Live
from tests.realtime.capture.clips import number_of, write_clip
from tests.realtime.capture.http_camera import HttpCamera


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
    with pytest.raises(SourceError, match=r"^half.mp4: the video ends after \d+ of 24 frames$"):
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


def test_a_live_source_is_lost_after_three_bad_reads(clip_path: Path) -> None:
    capture = cv2.VideoCapture(str(clip_path), cv2.CAP_FFMPEG)  # stands for a device that stops giving pictures
    _, first = capture.read()
    live = Live("camera 0", capture, np.asarray(first, np.uint8))
    assert (live.live, live.format.size_wh, live.format.fps) == (True, (160, 128), 12.0)
    assert [number_of(live.read()) for _ in range(24)] == list(range(24))
    with pytest.raises(SourceError, match=r"^camera 0: no frame in 3 attempts$"):
        live.read()


def test_a_camera_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SourceError, match=r"^camera 99: "):
        open_camera(99)


def test_a_stream_gives_fresh_pictures() -> None:
    with HttpCamera() as camera:
        stream = open_stream(camera.url, SourceOptions())
        assert isinstance(stream, Live)
        assert (stream.name, stream.format.size_wh) == (camera.url, (320, 240))
        pictures = [stream.read() for _ in range(5)]
        assert all(not np.array_equal(*pair) for pair in pairwise(pictures))
        stream.close()


def test_a_stream_whose_server_goes_is_lost() -> None:
    with HttpCamera() as camera:
        stream = open_stream(camera.url, SourceOptions())
        camera.stop()
        with pytest.raises(SourceError, match="no frame in 3 attempts"):
            for _ in range(50):
                stream.read()
        stream.close()


def test_a_refused_connection_is_an_error() -> None:
    with HttpCamera() as camera:
        url = camera.url
    with pytest.raises(SourceError, match=f"^{url}: no video: check that the camera is on") as caught:
        open_stream(url, SourceOptions())
    assert "\n" not in str(caught.value)


def test_a_stream_that_ends_halfway_through_a_picture_is_an_error() -> None:
    with HttpCamera() as camera:
        camera.mood = "halfway"
        with pytest.raises(SourceError, match=f"^{camera.url}: "):
            open_stream(camera.url, SourceOptions())


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("rtsp://user:s3cret@10.0.0.7:554/main?token=abc", "rtsp://10.0.0.7:554/main"),
        ("http://127.0.0.1:80/video", "http://127.0.0.1:80/video"),
        ("http://a@b:c@host/x", "http://host/x"),
        ("http://host?key=a@b", "http://host"),
    ],
)
def test_no_password_is_shown(url: str, name: str) -> None:
    assert public_name(url) == name


class _Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def served(clip_path: Path) -> Iterator[str]:
    handler = functools.partial(_Files, directory=str(clip_path.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/clip.mp4"
        server.shutdown()


def test_a_video_file_on_a_server_is_a_clip(served: str) -> None:
    clip = open_stream(served, SourceOptions(loop=True))
    assert isinstance(clip, Clip)
    assert (clip.live, clip.fps) == (False, 12.0)
    assert [number_of(clip.read()) for _ in range(30)] == [n % 24 for n in range(30)]
    clip.close()
