"""Films that flash become safe and stay calm, judged by two analysers; ordinary films pass as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from iris_pse_detection import Configuration
from iris_pse_detection.flash_detection import FlashDetection

from realtime.canvas.flash_limiter import HOLD, RELEASE, FlashLimiter
from tests.flashing.analyser import SAFE, analyse
from tests.flashing.films import CALM, FLASHING, FPS, Image, alternating, flat, numbers, read, strobing_tile, texture

UNSEEN_BY_IRIS = ("a tile of 3 %", "a dream")
"""It counts what flashes in a quarter of the whole image, and only if the mean changes."""

PASSED = 45.0
"""dB: what differs less is the same to the eye."""


@cache
def film(name: str) -> tuple[Image, ...]:
    return tuple(FLASHING[name][0]())


@cache
def limited(name: str) -> tuple[Image, ...]:
    return tuple(through(film(name), FLASHING[name][1]))


def with_flags(images: Iterable[Image], fps: float = FPS) -> list[tuple[Image, bool]]:
    limiter = FlashLimiter()
    return [limiter.apply(image, number / fps) for number, image in enumerate(images)]


def through(images: Iterable[Image], fps: float = FPS) -> list[Image]:
    return [image for image, _ in with_flags(images, fps)]


def iris_fails(images: Sequence[Image], fps: int) -> bool:
    """Whether IRIS finds too many flashes in any second, or many for seconds."""
    detection = FlashDetection(fps, images[0].shape[:2], Configuration())
    for number, image in enumerate(images):
        detection.set_current_frame(image)
        detection.analyse_frame(number)
    return bool(detection.flash_fail or detection.extended_failure)


def psnr(images: Sequence[Image], others: Sequence[Image]) -> float:
    """The worst of all images, in dB."""
    return min(cv2.PSNR(one, other) for one, other in zip(images, others, strict=True))


@pytest.mark.parametrize("name", FLASHING)
def test_the_analysers_find_what_flashes(name: str) -> None:
    assert not analyse(film(name), FLASHING[name][1]).safe
    assert iris_fails(film(name), FLASHING[name][1]) == (name not in UNSEEN_BY_IRIS)


@pytest.mark.parametrize("name", FLASHING)
def test_what_flashes_becomes_safe(name: str) -> None:
    changes = analyse(limited(name), FLASHING[name][1])
    assert max(changes.luminance, changes.red) < SAFE  # with a margin
    assert not iris_fails(limited(name), FLASHING[name][1])


def test_saturated_red_counts_by_itself() -> None:
    """Red and a grey of the same luminance."""
    images = alternating((0, 0, 255), (127, 127, 127), 10)
    before, after = analyse(images, FPS), analyse(through(images), FPS)
    assert before.luminance == 0
    assert before.red > SAFE > after.red


@pytest.mark.parametrize("name", FLASHING)
def test_limited_pictures_dim_and_brighten_slowly_and_do_not_stay_dark(name: str) -> None:
    results, fps = with_flags(film(name), FLASHING[name][1]), FLASHING[name][1]
    begin = [limits for _, limits in results].index(True)
    light = np.array([image.mean() for image, _ in results[begin - 1 :]])
    assert np.abs(np.diff(light)).max() * fps < 400  # grey levels in a second
    assert light[fps // 2 :].min() > np.mean([image.mean() for image in film(name)]) / 2


@pytest.mark.parametrize("name", CALM)
def test_ordinary_films_pass_unchanged(name: str) -> None:
    images = CALM[name]()
    assert psnr(images, through(images)) > PASSED


def test_a_real_clip_passes_unchanged(assets: Path) -> None:
    images = read(assets / "media" / "clip.mp4")
    assert len(images) > 300
    assert psnr(images, through(images)) > PASSED


def test_only_what_flashes_is_slowed() -> None:
    images = strobing_tile()
    last, now = through(images)[-1], images[-1]
    assert np.array_equal(last[:, 320:], now[:, 320:])
    assert np.array_equal(last[170:], now[170:])
    assert np.abs(last[85:115, 195:255].astype(int) - 128).max() < 40


def test_it_ends_gently_when_the_flashing_ends() -> None:
    picture = texture(9)
    images = [*alternating((0, 0, 0), (255, 255, 255), 10), *[picture] * (round((HOLD + RELEASE) * FPS) + FPS)]
    results = with_flags(images)
    light = np.array([image.mean() for image, _ in results[-3 * FPS :]])
    assert np.abs(np.diff(light)).max() < 12
    flags = [limits for _, limits in results[-3 * FPS :]]
    assert flags == sorted(flags, reverse=True)  # it ends once
    assert results[-1][0] is picture


def test_small_differences_are_not_lost_in_rounding() -> None:
    """Two greys, three levels apart, beside a part that flashes strongly."""
    images = []
    for number in numbers(4):
        image = flat((255, 255, 255) if number % 2 else (0, 0, 0))
        image[:, 200:] = 103 if number > FPS else 100
        images.append(image)
    assert through(images)[-1][:, 220:].min() >= 102


@pytest.mark.parametrize("hw", [(120, 160), (720, 1280), (1080, 1920), (640, 360), (384, 1920)])
def test_every_size_of_canvas(hw: tuple[int, int]) -> None:
    images = [np.full((*hw, 3), 255 * (number % 2), np.uint8) for number in range(FPS)]
    light = [float(image.mean()) for image in through(images)]
    assert max(np.abs(np.diff(light[8:]))) < 12
    still = [texture(10, hw)] * 8
    assert psnr(still, through(still)) > PASSED


def test_a_tile_of_a_large_canvas_is_found() -> None:
    """3 % of 1280x720, on a photograph's worth of detail."""
    background, images = texture(11, (720, 1280), grain=20), []
    for number in range(2 * FPS):
        image = background.copy()
        image[300:426, 500:720] = 255 * (number % 2)
        images.append(image)
    assert analyse(images[:FPS], FPS).luminance > SAFE
    assert analyse(through(images), FPS).safe


def test_the_clock_is_that_of_the_canvases() -> None:
    """The same film at a tenth of its speed changes three times in a second and passes."""
    images = film("black and white, 15 Hz")[:30]
    assert psnr(images, through(images, FPS / 10)) > PASSED
    assert psnr(images, through(images, FPS)) < PASSED


def test_time_that_stands_still_or_runs_backwards_does_no_harm() -> None:
    limiter = FlashLimiter()
    for number, image in enumerate(film("black and white, 15 Hz") * 3):
        output, _ = limiter.apply(image, -number / 100 if number > 60 else 5.0)
        assert output.shape == image.shape


def test_a_canvas_of_another_size_begins_anew() -> None:
    limiter = FlashLimiter()
    for number, size_hw in enumerate(((90, 160), (90, 160), (180, 320), (90, 160))):
        image = np.full((*size_hw, 3), 60 * number, np.uint8)
        shown, limited = limiter.apply(image, number / 30)
        assert shown is image and not limited
