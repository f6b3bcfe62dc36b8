from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image as Pillow

from models.errors import SourceError
from realtime.capture.opening import open_source
from realtime.capture.pattern import Pattern
from realtime.capture.pictures import Pictures
from realtime.capture.video import Clip, Live
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
        assert isinstance(source, Live)
        assert source.live
        source.close()


def test_options_reach_the_source(here: Path) -> None:
    source = open_source("pictures", loop=True, fps=5, hold=3)
    pictures = [source.read() for _ in range(7)]
    assert source.fps == 5
    assert [(picture == pictures[0]).all() for picture in pictures] == [True] * 3 + [False] * 3 + [True]


BAD = {
    "": "no such file, camera or address: ''; expected 'auto', a camera's number or name, a video",
    "none.mp4": "no such file, camera or address: 'none.mp4'",
    "a" * 5000: "no such file, camera or address",
    "-1": "no such file, camera or address: '-1'",
    "99999999999": "no such file, camera or address",
    "99": "camera 99: ",
    "/dev/video99": "no camera gives pictures (camera 99: ",
    "/dev/null": "no such file, camera or address",
    "words.mp4": "words.mp4 is not a video, or broken; expected",
    "nothing.mp4": "nothing.mp4 is empty; expected",
    "cut.mp4": "cut.mp4 is not a video, or broken; expected",
    "cut.png": "cut.png: a broken picture",
    "empty": "no picture in the folder empty; expected files .bmp",
    "ftp://127.0.0.1/a.mp4": "addresses with ftp:// cannot be shown; expected one with http, https, rtsp",
    "file:///etc/passwd": "addresses with file:// cannot be shown",
    "http://127.0.0.1:1/video": "http://127.0.0.1:1/video sends no pictures; ",
    "rtsp://me:secret@127.0.0.1:1/x": "rtsp://127.0.0.1:1/x sends no pictures; ",
    "http://": "http:// sends no pictures; ",
    "http://[::1": "http://[::1 sends no pictures; ",
}


@pytest.mark.parametrize("text", BAD)
def test_what_cannot_be_played_is_refused_in_one_line(here: Path, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(text)
    assert str(caught.value).startswith(BAD[text])
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@without_cameras
def test_without_a_camera_auto_says_what_else_there_is(here: Path) -> None:
    with pytest.raises(
        SourceError, match=r"^no camera gives pictures \(none is plugged in\); .+ a video, .+'pattern'$"
    ):
        open_source("auto")


def test_nothing_but_the_errors_reaches_the_terminal(here: Path) -> None:
    """In a process of its own, where no test runner has a hand in the streams."""
    script = (
        "import sys\n"
        "from realtime.capture.opening import open_source\n"
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
