"""The pipeline offline: every frame, the right length, pictures that show the network."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as iio
import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageSequence

from scripts.cli import status
from tests.flashing.analyser import analyse
from tests.flashing.films import read
from tests.realtime.capture.films.ffmpeg_films import ffmpeg

SMALL = ("--size", "64", "--canvas", "320x180")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds at 15 fps."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    ramp = np.linspace(0, 255, 160, dtype=np.uint8)[None, :, None].repeat(120, 0).repeat(3, 2)
    iio.imwrite(path, np.stack([np.roll(ramp, 5 * number, axis=1) for number in range(30)]), fps=15)
    return path


def test_video_has_every_frame_at_its_rate(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    assert status(["render", str(clip), "-o", str(out), *SMALL, "--layer", "block2_conv2"]) == 0
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(out))
    assert (frames, seconds) == (30, pytest.approx(2.0, abs=0.05))
    assert iio.imread(out, index=10).std() > 20


@pytest.mark.parametrize(("options", "expected"), [((), 60), (("--frames", "7"), 7), (("--frames", "75"), 75)])
def test_a_picture_is_shown_for_two_seconds_or_as_long_as_asked(
    tmp_path: Path, options: tuple[str, ...], expected: int
) -> None:
    iio.imwrite(tmp_path / "one.png", np.full((60, 80, 3), 120, np.uint8))
    out = tmp_path / "out.mp4"
    assert status(["render", str(tmp_path / "one.png"), "-o", str(out), *SMALL, *options]) == 0
    assert imageio_ffmpeg.count_frames_and_secs(str(out))[0] == expected


def test_gif_lasts_as_long_as_the_clip(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gif"
    assert status(["render", str(clip), "-o", str(out), *SMALL]) == 0
    with Pillow.open(out) as film:
        durations = [frame.info["duration"] for frame in ImageSequence.Iterator(film)]
    assert sum(durations) / 1000 == pytest.approx(2.0, abs=0.1)


@pytest.fixture(scope="module")
def flashing_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds at 30 fps, black and white in turn, 7.5 times in a second."""
    path = tmp_path_factory.mktemp("flashes") / "flashes.mp4"
    images = [np.full((120, 160, 3), 255 * (number // 2 % 2), np.uint8) for number in range(60)]
    iio.imwrite(path, np.stack(images), fps=30)
    return path


@pytest.mark.parametrize("switch", [(), ("--flash-limit", "off")])
def test_a_film_that_flashes_is_safe_unless_the_limit_is_off(
    flashing_clip: Path, tmp_path: Path, switch: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    out = tmp_path / "out.mp4"
    assert status(["render", str(flashing_clip), "-o", str(out), *SMALL, "--view", "camera", *switch]) == 0
    images = read(out)
    assert len(images) == 60
    assert analyse(images, 30).safe == (not switch)
    warnings = [line for line in caplog.messages if "flashes are not limited" in line]
    assert len(warnings) == len(switch) // 2


def test_the_flash_limit_is_on_or_off(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["render", "pattern", "-o", "out.mp4", "--flash-limit", "maybe"]) == 2
    assert "--flash-limit" in capsys.readouterr().err


@pytest.mark.parametrize("view", ["mosaic", "story", "camera"])
def test_picture_is_lit_at_once(tmp_path: Path, view: str) -> None:
    picture, out = tmp_path / "in.png", tmp_path / "out.png"
    iio.imwrite(picture, np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8))
    assert status(["render", str(picture), "-o", str(out), *SMALL, "--view", view]) == 0
    drawn = iio.imread(out)
    assert drawn.shape == (180, 320, 3)
    assert drawn[20:150, 110:310].mean() > 15


def test_folder_of_pictures_becomes_a_folder_of_pictures(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(3):
        noise = np.random.default_rng(number).integers(0, 256, (60, 80, 3), dtype=np.uint8)
        iio.imwrite(tmp_path / "in" / f"{number}.png", noise)
    assert status(["render", str(tmp_path / "in"), "-o", str(tmp_path / "out"), *SMALL]) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["00001.png", "00002.png", "00003.png"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pattern", "-o", "out.mp4"), "pattern never ends; limit it with --frames"),
        (("chelsea.png", "-o", "out.png", "--view", "dream"), "ventral dream PICTURE -o OUT"),
        (("chelsea.png", "-o", "out.png", "--preset", "melt"), "ventral dream PICTURE -o OUT"),
    ],
)
def test_an_endless_source_and_a_dream_of_one_picture_are_refused(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(["render", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not Path(arguments[2]).exists()


def test_existing_file_is_kept_unless_forced(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    out.write_bytes(b"precious")
    arguments = ["render", str(clip), "-o", str(out), *SMALL, "--frames", "3"]
    assert status(arguments) == 2
    assert out.read_bytes() == b"precious"
    assert status([*arguments, "--force"]) == 0
    assert out.stat().st_size > 1000


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_a_film_with_uneven_times_keeps_its_length(tmp_path: Path, suffix: str) -> None:
    """Thirty pictures at 30 per second, then ten at 2 per second."""
    film, out = tmp_path / f"uneven{suffix}", tmp_path / "out.mp4"
    times = ("-vf", "setpts='if(lt(N,30),N/30,1+(N-30)/2)/TB'", "-fps_mode", "vfr")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=r=30:d=1.3333:s=160x120", *times, film)
    assert status(["render", str(film), "-o", str(out), *SMALL, "--view", "camera"]) == 0
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(out))
    assert (frames / 30, seconds) == (pytest.approx(5.5, abs=0.05), pytest.approx(5.5, abs=0.05))
    assert status(["render", str(film), "-o", str(tmp_path / "stills"), *SMALL, "--view", "camera"]) == 0
    assert len(list((tmp_path / "stills").iterdir())) == 40


def test_an_animated_picture_is_rendered_at_its_times(tmp_path: Path) -> None:
    pictures = [Pillow.new("RGB", (64, 48), (0, green, 0)) for green in range(0, 240, 40)]
    for suffix in (".webp", ".gif", ".png"):
        pictures[0].save(tmp_path / f"a{suffix}", save_all=True, append_images=pictures[1:], duration=100)
        out = tmp_path / f"{suffix[1:]}.mp4"
        assert status(["render", str(tmp_path / f"a{suffix}"), "-o", str(out), *SMALL, "--view", "camera"]) == 0
        assert imageio_ffmpeg.count_frames_and_secs(str(out)) == (6, pytest.approx(0.6))
