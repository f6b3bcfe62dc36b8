"""The forms of a dream: nested copies without an end, drips that grow longer, threads that show the lightness."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from realtime.dreams.forms.cloth import woven
from realtime.dreams.forms.drips import Drips
from realtime.dreams.forms.nested import TUNNEL, WHIRL, Nest
from realtime.imaging.frame import Image
from realtime.motion.fields import Grey, grey

SIZE_HW = (240, 360)
NESTS = pytest.mark.parametrize("nest", [TUNNEL, WHIRL], ids=["tunnel", "whirl"])


def picture() -> Image:
    noise = np.random.default_rng(4).integers(30, 226, (15, 22, 3), np.uint8)
    return cv2.resize(noise, SIZE_HW[::-1], interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def apart(one: Image, other: Image) -> float:
    return float(np.abs(one.astype(np.float32) - other).mean())


@NESTS
def test_the_way_inwards_has_no_seam_in_time(nest: Nest) -> None:
    last, first, half = (nest.draw(picture(), nest.seconds * share) for share in (0.999, 1.001, 1.5))
    assert apart(last, first) < 2
    assert apart(first, half) > 10


@NESTS
def test_there_are_four_nested_copies(nest: Nest) -> None:
    """What is seen around the vanishing point is seen again at the size of each further copy."""
    drawn = nest.draw(picture(), 0.0)
    for step in range(1, 5):
        matrix = nest.matrix(SIZE_HW, step)
        flags = cv2.INTER_AREA | cv2.WARP_INVERSE_MAP
        enlarged = cv2.warpAffine(drawn, matrix, SIZE_HW[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT)
        blurred = [cv2.GaussianBlur(each, (0, 0), 6)[60:200, 80:280].ravel() for each in (drawn, enlarged)]
        assert np.asarray(np.corrcoef(blurred))[0, 1] > 0.7, step


def changed(drips: Drips, seconds: float) -> float:
    """The share of the picture that drips cover."""
    return float((drips.draw(picture(), grey(picture()), seconds) != picture()).any(axis=2).mean())


def test_drips_begin_with_the_picture_and_grow_longer() -> None:
    drips = Drips()
    assert changed(drips, 0.0) == 0
    early, late = changed(drips, 3.0), changed(drips, 6.5)
    assert 0 < early < 0.5 * late
    assert late < 0.6


def test_drips_run_on_and_on() -> None:
    drips = Drips()
    shares = [changed(drips, float(second)) for second in range(300)]
    assert min(shares[10:]) > 0.02
    assert max(shares) < 0.6


def test_cloth_is_as_light_as_the_picture_but_made_of_threads() -> None:
    means, contrasts = [], []
    for level in range(0, 256, 51):
        cloth = woven(np.full(SIZE_HW, level, np.uint8))
        means.append(float(cloth.mean()))
        contrasts.append(float(cloth.std()))
    assert (np.diff(means) > 20).all()
    assert min(contrasts) > 4, "threads are seen in black and in white"


def test_a_thread_is_three_to_six_pixels_wide_on_a_canvas_of_1280_by_720() -> None:
    cloth = woven(np.full((600, 920), 128, np.uint8)).astype(np.float32)
    for across in (cloth.mean(axis=0), cloth[::, :600].mean(axis=1)):
        spectrum = np.abs(np.fft.rfft(across - across.mean()))
        assert 3 <= len(across) / spectrum.argmax() <= 6


def test_cloth_of_every_size() -> None:
    for width in (2, 90, 640, 5000):
        level: Grey = np.full((4, width), 200, np.uint8)
        assert woven(level).shape == level.shape
