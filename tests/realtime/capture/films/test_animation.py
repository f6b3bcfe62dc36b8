from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from models.errors import SourceError
from realtime.capture.films.animation import is_animation
from realtime.capture.films.clip import Clip
from realtime.capture.films.constant_rate import at_constant_rate
from realtime.capture.pictures import Pictures
from realtime.capture.registry import open_source, stands_still
from realtime.capture.source import EndOfSource, SourceOptions
from realtime.imaging.compositing import BACKGROUND

MILLISECONDS = [100, 50, 200, 100, 30, 100]
GREENS = [0, 40, 80, 120, 160, 200]
SUFFIXES = (".gif", ".webp", ".png", ".avif")


def animate(path: Path, milliseconds: list[int] | int = MILLISECONDS) -> Path:
    pictures = [Pillow.new("RGB", (64, 48), (0, green, 0)) for green in GREENS]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=milliseconds, loop=0)
    return path


def open_clip(path: Path, *, loop: bool = False) -> Clip:
    source = open_source(str(path), SourceOptions(loop=loop))
    assert isinstance(source, Clip)
    return source


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_pictures_that_move_play_with_their_own_times(tmp_path: Path, suffix: str) -> None:
    path = animate(tmp_path / f"a{suffix}")
    with closing(open_clip(path)) as clip:
        assert not stands_still(str(path))
        assert clip.fps == pytest.approx(1000 / 30)
        for green, milliseconds in zip(GREENS, MILLISECONDS, strict=True):
            assert clip.next_duration == pytest.approx(milliseconds / 1000)
            np.testing.assert_allclose(clip.read()[24, 32].astype(int), (0, green, 0), atol=3)
        with pytest.raises(EndOfSource):
            clip.read()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_they_loop_for_ever(tmp_path: Path, suffix: str) -> None:
    with closing(open_clip(animate(tmp_path / f"a{suffix}"), loop=True)) as clip:
        greens = [int(clip.read()[24, 32, 1]) for _ in range(20)]
    np.testing.assert_allclose(greens, [GREENS[number % 6] for number in range(20)], atol=3)


@pytest.mark.parametrize("milliseconds", [0, 10])
def test_pictures_without_a_time_are_shown_as_browsers_show_them(tmp_path: Path, milliseconds: int) -> None:
    with closing(open_clip(animate(tmp_path / "a.gif", milliseconds))) as clip:
        assert len(list(at_constant_rate(clip))) / clip.fps == pytest.approx(0.6)


def test_a_picture_that_is_shown_where_animation_is_unknown_is_left_out(tmp_path: Path) -> None:
    pictures = [Pillow.new("RGB", (8, 8), (0, green, 0)) for green in GREENS]
    Pillow.new("RGB", (8, 8), "red").save(
        tmp_path / "a.png", save_all=True, default_image=True, append_images=pictures, duration=100
    )
    with closing(open_clip(tmp_path / "a.png")) as clip:
        assert [int(image[0, 0, 1]) for image in at_constant_rate(clip)] == GREENS


def test_transparency_shows_the_background(tmp_path: Path) -> None:
    pictures = [Pillow.new("RGBA", (8, 8), (0, 255, 0, alpha)) for alpha in (0, 255)]
    pictures[0].save(tmp_path / "a.webp", save_all=True, append_images=pictures[1:], duration=100, lossless=True)
    with closing(open_clip(tmp_path / "a.webp")) as clip:
        assert [clip.read()[4, 4].tolist() for _ in range(2)] == [list(BACKGROUND), [0, 255, 0]]


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".avif", ".jpg", ".tif"])
def test_a_single_picture_is_no_animation(tmp_path: Path, suffix: str) -> None:
    Pillow.new("RGB", (8, 8), "red").save(tmp_path / f"a{suffix}")
    assert not is_animation(str(tmp_path / f"a{suffix}"))
    assert isinstance(open_source(str(tmp_path / f"a{suffix}")), Pictures)


def test_pages_are_no_animation(tmp_path: Path) -> None:
    pages = [Pillow.new("RGB", (8, 8), "red")] * 3
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    assert not is_animation(str(tmp_path / "a.tif"))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_damaged_one_ends_in_one_line(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    noise = [Pillow.effect_noise((64, 48), 90).convert("RGB") for _ in range(6)]
    noise[0].save(path, save_all=True, append_images=noise[1:], duration=100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises((SourceError, EndOfSource)) as caught, closing(open_source(str(path))) as source:
        for _ in range(7):
            source.read()
    assert "\n" not in str(caught.value)
