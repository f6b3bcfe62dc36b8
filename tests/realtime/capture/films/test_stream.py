from __future__ import annotations

import functools
import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from models.errors import SourceError
from realtime.capture.films.clip import Clip
from realtime.capture.films.public_name import public_name
from realtime.capture.films.stream import Stream, open_stream
from realtime.capture.source import SourceOptions
from tests.realtime.capture.clips import number_of, write_clip
from tests.realtime.capture.films.ffmpeg_films import ffmpeg
from tests.realtime.capture.http_camera import HttpCamera
from tests.realtime.capture.rtsp_camera import RtspCamera


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
        for _ in range(2):
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


@pytest.fixture
def folder_url(tmp_path: Path) -> Iterator[str]:
    """A folder on a server, `tmp_path`."""
    handler = functools.partial(_Files, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _write_playlist(folder: Path, *, ended: bool) -> None:
    """Six segments of half a second, of a stream that has ended or goes on."""
    options = (
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-g",
        "5",
        "-f",
        "hls",
        "-hls_time",
        "0.5",
        "-hls_list_size",
        "0",
    )
    ffmpeg("-f", "lavfi", "-i", "testsrc2=r=10:d=3:s=160x120", *options, folder / "live.m3u8")
    if not ended:
        playlist = folder / "live.m3u8"
        playlist.write_text(playlist.read_text().replace("#EXT-X-ENDLIST", "").replace("#EXT-X-PLAYLIST-TYPE:VOD", ""))


def test_a_finished_playlist_on_a_server_is_a_clip(tmp_path: Path, folder_url: str) -> None:
    _write_playlist(tmp_path, ended=True)
    with closing(open_stream(f"{folder_url}/live.m3u8", SourceOptions(loop=True))) as clip:
        assert isinstance(clip, Clip)
        assert len([clip.read() for _ in range(70)]) == 70


@pytest.mark.slow
def test_a_live_playlist_is_followed_at_its_own_pace(tmp_path: Path, folder_url: str) -> None:
    """Its segments come at once; the last three of six are played, 15 pictures at 10 per second."""
    _write_playlist(tmp_path, ended=False)
    with closing(open_stream(f"{folder_url}/live.m3u8", SourceOptions())) as stream:
        assert isinstance(stream, Stream)
        start = time.monotonic()
        for _ in range(12):
            stream.read()
        assert time.monotonic() - start > 0.9


def test_an_address_that_is_not_there_says_why(folder_url: str) -> None:
    with pytest.raises(SourceError, match=r"/none.mp4: no video: check that .+ \(.*404.*\)$"):
        open_stream(f"{folder_url}/none.mp4", SourceOptions())


def test_an_answer_that_is_no_video_is_an_error(tmp_path: Path, folder_url: str) -> None:
    (tmp_path / "words.mp4").write_text("these are words\n" * 500)
    with pytest.raises(SourceError, match=r"/words.mp4: no video: check that"):
        open_stream(f"{folder_url}/words.mp4", SourceOptions())


def test_a_playlist_on_a_server_cannot_name_files_of_this_computer(
    clip_path: Path, tmp_path: Path, folder_url: str
) -> None:
    (tmp_path / "a.m3u8").write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{clip_path}\n#EXT-X-ENDLIST\n"
    )
    with pytest.raises(SourceError, match=r"/a.m3u8: "):
        open_stream(f"{folder_url}/a.m3u8", SourceOptions())


@pytest.mark.slow
def test_an_rtsp_camera_gives_fresh_pictures_until_it_goes() -> None:
    with RtspCamera() as camera:
        with closing(open_stream(camera.url, SourceOptions())) as stream:
            assert isinstance(stream, Stream)
            pictures = [stream.read() for _ in range(10)]
            assert pictures[0].shape == (240, 320, 3)
            assert pictures[0].std() > 20
            assert all(not np.array_equal(*pair) for pair in pairwise(pictures))
            camera.stop()
            with pytest.raises(SourceError, match="the stream has ended"):
                for _ in range(200):
                    stream.read()
        camera.start()


def test_torn_pictures_are_dropped() -> None:
    with HttpCamera(fps=60) as camera:
        source = open_stream(camera.url, SourceOptions())
        camera.mood = "torn"
        images = [source.read() for _ in range(30)]
        source.close()
    torn = sum(np.abs(image - image[:1].astype(int)).max() > 40 for image in images)  # every row is the same
    assert torn == 0
