from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from models.errors import SourceError
from realtime.capture.films.clip import Clip
from realtime.capture.films.stream import Stream, open_stream, public_name
from realtime.capture.source import SourceOptions
from tests.realtime.capture.clips import number_of, write_clip
from tests.realtime.capture.http_camera import HttpCamera


def test_a_stream_gives_fresh_pictures() -> None:
    with HttpCamera() as camera:
        stream = open_stream(camera.url, SourceOptions())
        assert isinstance(stream, Stream)
        assert (stream.name, stream.live) == (camera.url, True)
        pictures = [stream.read() for _ in range(5)]
        assert all(not np.array_equal(*pair) for pair in pairwise(pictures))
        stream.close()


def test_a_stream_whose_server_goes_is_lost() -> None:
    with HttpCamera() as camera:
        stream = open_stream(camera.url, SourceOptions())
        camera.stop()
        with pytest.raises(SourceError, match="the stream has ended"):
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


@pytest.fixture(scope="module")
def clip_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", pictures=24, fps=12)
