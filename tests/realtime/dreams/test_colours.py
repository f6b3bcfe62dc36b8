"""The colours of a dream: fine ones go, lightness stays, inks replace them all."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from realtime.dreams.colours import COLOURS, INKS, calm_lights, treat_detail, treat_picture
from realtime.imaging.colour_axes import AXES
from realtime.imaging.frame import Floats

NOISE: Floats = np.random.default_rng(0).normal(0, 20, (64, 96, 3)).astype(np.float32)


def axes(detail: Floats) -> Floats:
    return np.asarray(detail @ AXES.T, np.float32)


@pytest.mark.parametrize("colours", COLOURS)
def test_lightness_stays_sharp(colours: str) -> None:
    treated = treat_detail(NOISE, colours)
    assert np.allclose(axes(treated)[..., 0], axes(NOISE)[..., 0], atol=0.01)
    assert axes(treated)[..., 1:].std() < 0.25 * axes(NOISE)[..., 1:].std(), "noise in the colours stays"


def test_broad_colours_stay_but_not_those_of_the_camera() -> None:
    broad = np.zeros((64, 96, 3), np.float32)
    broad[:, 48:] = 30, 0, -30
    assert axes(treat_detail(broad, "dream"))[..., 1].max() > 20
    assert axes(treat_detail(broad, "vivid"))[..., 1].max() > axes(treat_detail(broad, "dream"))[..., 1].max()
    assert np.allclose(axes(treat_detail(broad, "camera"))[..., 1:], 0, atol=0.01)


def test_inks_go_from_dark_to_light() -> None:
    picture = np.linspace(0, 255, 96).astype(np.uint8)[None, :, None].repeat(8, 0).repeat(3, 2)
    for colours in INKS:
        grey = cv2.cvtColor(treat_picture(picture, colours), cv2.COLOR_BGR2GRAY)[0].astype(int)
        assert (np.diff(grey) >= -1).all(), colours
        assert (grey[0] < 30, grey[-1] > 220) == (True, True), colours
    assert treat_picture(picture, "dream") is picture


def test_detail_is_calm_on_white_and_as_it_is_on_grey() -> None:
    white, middle = (np.full((32, 48, 3), level, np.uint8) for level in (250, 128))
    assert np.allclose(calm_lights(NOISE, middle), NOISE, atol=0.01)
    before, after = axes(NOISE).std(axis=(0, 1)), axes(calm_lights(NOISE, white)).std(axis=(0, 1))
    assert 0.4 * before[0] < after[0] < 0.7 * before[0]
    assert (after[1:] < 0.3 * before[1:]).all()
