from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from models.errors import SourceError
from realtime.capture import registry
from realtime.capture.films.clip import Clip
from realtime.capture.films.stream import Stream
from realtime.capture.pattern import Pattern
from realtime.capture.pictures import Pictures
from realtime.capture.registry import open_source, stands_still
from realtime.capture.source import Source, SourceKind, SourceOptions
from realtime.imaging.frame import Image
from scripts.cli import status
from tests.realtime.capture.clips import write_clip
from tests.realtime.capture.http_camera import HttpCamera

without_cameras = pytest.mark.skipif(
    sys.platform != "linux" or any(Path("/dev").glob("video*")), reason="this machine may have a camera"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with good and bad things, some of them with misleading names."""
    monkeypatch.chdir(tmp_path)
    write_clip(Path("clip.mp4"), pictures=12)
    shutil.copy("clip.mp4", "7")
    Path("pictures").mkdir()
    for path in (Path("pictures/a.png"), Path("pictures/b.png"), Path("picture.mp4"), Path("auto")):
        Pillow.effect_noise((64, 64), 50).save(path, "PNG")
    Path("empty").mkdir()
    Path("words.mp4").write_text("these are words\n" * 99)
    Path("nothing.mp4").touch()
    Path("cut.mp4").write_bytes(Path("clip.mp4").read_bytes()[:700])
    Path("cut.png").write_bytes(Path("picture.mp4").read_bytes()[:2000])
    return tmp_path


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("clip.mp4", Clip, "clip.mp4"),
        ("./clip.mp4", Clip, "clip.mp4"),
        ("7", Clip, "7"),
        ("picture.mp4", Pictures, "picture.mp4"),
        ("./auto", Pictures, "auto"),
        ("pictures", Pictures, "pictures"),
        ("pattern", Pattern, "pattern"),
    ],
)
def test_each_text_opens_what_it_names(here: Path, text: str, kind: type, name: str) -> None:
    source = open_source(text)
    assert isinstance(source, kind)
    assert (source.name, source.live) == (name, False)
    assert source.read().shape[2] == 3
    source.close()


def test_an_address_opens_a_stream() -> None:
    with HttpCamera() as camera:
        source = open_source(camera.url)
        assert isinstance(source, Stream)
        assert source.live
        source.close()


def test_options_reach_the_source(here: Path) -> None:
    source = open_source("pictures", SourceOptions(loop=True, hold=3))
    pictures = [source.read() for _ in range(7)]
    assert [(picture == pictures[0]).all() for picture in pictures] == [True] * 3 + [False] * 3 + [True]


BAD = {
    "": "unknown source ''; expected 'auto', 'pattern', a picture, a video, an http or rtsp URL, ",
    "none.mp4": "there is no file 'none.mp4'; expected 'auto', ",
    "a" * 5000: "unknown source '",
    "./none": "there is no file './none'; expected 'auto', ",
    "-1": "unknown source '-1'; expected ",
    "99999999999": "unknown source '",
    "99": "camera 99: ",
    "/dev/video99": "no camera works (camera 99: ",
    "/dev/null": "unknown source '",
    "words.mp4": "words.mp4: not a video, or damaged: expected",
    "nothing.mp4": "nothing.mp4: the file is empty: expected",
    "cut.mp4": "cut.mp4: not a video, or damaged: expected",
    "cut.png": "cut.png: damaged picture",
    "empty": "no picture in the folder 'empty': expected pictures, such as .jpg",
    "ftp://127.0.0.1/a.mp4": "unknown source 'ftp://127.0.0.1/a.mp4'; expected ",
    "file:///etc/passwd": "unknown source 'file:///etc/passwd'; expected ",
    "http://127.0.0.1:1/video": "http://127.0.0.1:1/video: no video: ",
    "rtsp://me:secret@127.0.0.1:1/x": "rtsp://127.0.0.1:1/x: no video: ",
    "http://": "http://: no video: ",
    "http://[::1": "http://[::1: no video: ",
}


@pytest.mark.parametrize("text", BAD)
def test_what_cannot_be_played_is_refused_in_one_line(here: Path, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(text)
    assert str(caught.value).startswith(BAD[text])
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "still"),
    [("pictures", True), ("./auto", True), ("cut.png", True), ("clip.mp4", False), ("pattern", False), ("none", False)],
)
def test_pictures_stand_still(here: Path, text: str, still: bool) -> None:
    assert stands_still(text) == still


class Noise(Source):
    """A new kind of source, as a contributor would write it: a class and a row."""

    live, fps = False, 30.0

    def __init__(self, name: str) -> None:
        self.name = name
        self._rng = np.random.default_rng(0)

    def read(self) -> Image:
        return self._rng.integers(0, 256, (120, 160, 3), np.uint8)


NOISE = SourceKind(
    expected="noise://NAME",
    matches=lambda text: text.startswith("noise://"),
    open=lambda text, _options: Noise(text),
)


def test_a_new_kind_of_source_is_one_file_and_one_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "SOURCES", (*registry.SOURCES, NOISE))
    assert status(["--source", "noise://one", "--sink", "none", "--frames", "3", "--report", "report.json"]) == 0
    report = json.loads(Path("report.json").read_text())
    assert report["source"] == "noise://one"
    assert status(["--source", "noise", "--sink", "none", "--frames", "3"]) == 2
    assert "unknown source 'noise'; expected 'auto'," in (said := capfd.readouterr().err)
    assert said.rstrip().endswith(", or noise://NAME")


@without_cameras
def test_without_a_camera_auto_says_what_else_there_is(here: Path) -> None:
    with pytest.raises(SourceError, match=r"^no camera works \(none is connected\): .+ a video, .+'pattern'$"):
        open_source("auto")


def test_nothing_but_the_errors_reaches_the_terminal(here: Path) -> None:
    """In a process of its own, where no test runner has a hand in the streams."""
    script = (
        "import sys\n"
        "from realtime.capture.registry import open_source\n"
        "from models.errors import SourceError\n"
        "for text in sys.argv[1:]:\n"
        "    try: open_source(text)\n"
        "    except SourceError as error: print(error)\n"
        "source = open_source('clip.mp4')\n"
        "source.read()\n"
    )
    root = Path(__file__).parents[3]
    ran = subprocess.run(
        [sys.executable, "-c", script, *BAD],
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert len(ran.stdout.splitlines()) == len(BAD)
