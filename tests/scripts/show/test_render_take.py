"""Takes rendered: frame by frame the same every time, larger, at another rate, with another network."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import imageio.v3 as iio
import imageio_ffmpeg
import pytest

from models.errors import SourceError
from realtime.capture.films.constant_rate import at_constant_rate
from realtime.controls.value import Scalar
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from realtime.show.options import RenderOptions
from realtime.show.setup import open_setup
from realtime.takes.take_film import read_start
from scripts.cli import status
from scripts.common.reuse_show import options_of_show
from scripts.show.play_take import play
from scripts.show.render import draw_canvases
from tests.networks import write_headless
from tests.realtime.takes.made_takes import make_take, moving

CHANGES: list[tuple[int, dict[str, Scalar]]] = [
    (2, {"show/view": "features", "show/layer": "block4_conv3", "predict/on": True}),
    (6, {"show/view": "dream", "dream/size": 64, "dream/every": 0.2}),
    (12, {"features/points": "0.5,0.5", "dream/region": True}),
    (16, {"show/view": "mosaic", "show/freeze": True}),
    (18, {"show/view": "gradcam", "show/freeze": False}),
    (21, {"show/view": "saliency", "show/layout": "inset"}),
]


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-four pictures at ten per second."""
    return make_take(tmp_path_factory.mktemp("take") / "a.take", moving(24), CHANGES)


def digests(take: Path) -> Sequence[str]:
    """The digest of every canvas, before it is encoded."""
    start = read_start(take)
    options = options_of_show(start, RenderOptions(), take)
    setup, faults = open_setup(options), list[SourceError]()
    with closing(play(str(take), start, setup)) as source, Engine(CPU, patient=True) as engine:
        images = at_constant_rate(source)
        drawn = draw_canvases(images, source.fps, setup.pipeline(engine, options), setup.controls, faults)
        found = [sha256(canvas.tobytes()).hexdigest() for canvas in drawn]
    assert not faults
    return found


def test_every_canvas_is_the_same_from_run_to_run(take: Path) -> None:
    first = digests(take)
    assert first == digests(take)
    assert len(set(first)) == len(first) == 24


def test_a_take_has_its_canvas_and_rate_unless_others_are_chosen(take: Path, tmp_path: Path) -> None:
    assert status(["render", str(take), "-o", str(tmp_path / "a.mp4"), "--frames", "5"]) == 0
    assert iio.imread(tmp_path / "a.mp4", index=0).shape == (180, 320, 3)
    large = ("--canvas", "640x480", "--fps", "20", "--view", "camera")
    assert status(["render", str(take), "-o", str(tmp_path / "b.mp4"), *large]) == 0
    assert iio.imread(tmp_path / "b.mp4", index=0).shape == (480, 640, 3)
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "b.mp4")) == (48, pytest.approx(2.4, abs=0.06))


def test_another_network_plays_a_take(take: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    other = write_headless(tmp_path / "other.onnx")
    caplog.set_level("INFO")
    assert status(["render", str(take), "-o", str(tmp_path / "out.mp4"), "--model", str(other), "--frames", "8"]) == 0
    assert "a.take was made with world; other draws it now" in caplog.messages
    assert "other has no layer block4_conv3; it shows conv2, at a similar depth" in caplog.messages


def test_the_network_of_a_take_that_only_its_file_has_must_be_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take = make_take(tmp_path / "a.take", moving(2))
    content = take.read_bytes()
    take.write_bytes(content.replace(b'"model": "world"', b'"model": "other"'))
    assert status(["render", str(take), "-o", str(tmp_path / "out.mp4")]) == 2
    assert (
        "a.take was made with the network other, which is not here; choose one with --model" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"show/fade": 0.4', b'"show/fade": 9.4', "a.take: show/fade takes a number from 0 to 3, but got '9.4'"),
        (b'"canvas": "320x180"', b'"canvas": "9x90000"', "a.take has an invalid setting: --canvas takes WIDTHxHEIGHT"),
        (b'"size": 64', b'"size": -4', "a.take has an invalid setting: --size takes 16 to 2048, but got -4"),
        (b'"digest"', b'"tsegid"', "a.take is not a take; expected a file that ventral --log has written"),
    ],
)
def test_a_take_of_a_stranger_is_refused_in_one_line(
    tmp_path: Path, old: bytes, new: bytes, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    take = make_take(tmp_path / "a.take", moving(2))
    assert len(old) == len(new)
    assert old in take.read_bytes()
    take.write_bytes(take.read_bytes().replace(old, new))
    assert status(["render", str(take), "-o", str(tmp_path / "out.mp4")]) == 2
    captured = capsys.readouterr().err
    assert message in captured
    assert captured.count("\n") == 1
    assert not (tmp_path / "out.mp4").exists()


def test_a_take_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["render", str(tmp_path / "none.take"), "-o", str(tmp_path / "out.mp4")]) == 2
    assert "No such file" in capsys.readouterr().err
