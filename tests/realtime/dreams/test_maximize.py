"""Waves, views, and pictures that grow from grey: each with its gradient, and the whole with a network."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from models.importing.open_network import open_network
from models.spec import Hw
from realtime.dreams.fourier import FourierImage
from realtime.dreams.maximize import maximize, random_transform, reviving
from realtime.dreams.objective import ObjectiveGradient, channel_objective
from realtime.imaging.frame import Floats
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU


def nothing() -> None:
    """Nobody watches."""


@pytest.mark.parametrize("size_hw", [(16, 20), (17, 21), (20, 15)])
def test_the_way_back_to_the_waves_is_the_gradient(size_hw: Hw) -> None:
    rng, canvas = np.random.default_rng(0), FourierImage(size_hw)
    waves = canvas.waves(rng) * np.float32(20)
    slope = rng.normal(0, 1, (*size_hw, 3)).astype(np.float32)
    back = canvas.back(canvas.picture(waves), slope)
    way = canvas.waves(rng) * np.float32(0.02)
    ends = [float((canvas.picture(waves + side * way) * slope).sum(dtype=np.float64)) for side in (-1, 1)]
    expected = float((back.real * way.real + back.imag * way.imag).sum())
    assert (ends[1] - ends[0]) / 2 == pytest.approx(expected, rel=0.01)


def test_first_waves_are_nearly_grey_and_more_light_than_colour() -> None:
    canvas = FourierImage((64, 64))
    picture = canvas.picture(canvas.waves(np.random.default_rng(0)))
    assert picture.shape == (64, 64, 3)
    assert picture.mean() == pytest.approx(127, abs=12)
    assert 0.1 < picture.std() < 40
    strong = canvas.picture(canvas.waves(np.random.default_rng(0)) * np.float32(20))
    light, colour = strong.mean(2).std(), (strong - strong.mean(2, keepdims=True)).std()
    assert light > 1.5 * colour > 0


def test_the_way_back_from_a_view_is_its_adjoint() -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        view = random_transform((60, 80), rng)
        canvas = cv2.GaussianBlur(rng.normal(0, 1, (92, 112, 3)).astype(np.float32), (0, 0), 4)
        slope = cv2.GaussianBlur(rng.normal(0, 1, (60, 80, 3)).astype(np.float32), (0, 0), 4)
        slope[:4] = slope[-4:] = slope[:, :4] = slope[:, -4:] = 0
        seen, back = view.see(np.asarray(canvas)), view.back(np.asarray(slope), (92, 112))
        assert seen.shape == slope.shape
        lengths = np.linalg.norm(seen) * np.linalg.norm(slope)
        assert float((seen * slope).sum()) == pytest.approx(float((canvas * back).sum()), abs=0.02 * float(lengths))


def test_views_differ_and_show_the_middle_of_the_canvas() -> None:
    rng, canvas = np.random.default_rng(0), np.zeros((92, 112, 3), np.float32)
    canvas[41:51, 51:61] = 1
    seen = [random_transform((60, 80), rng).see(canvas) for _ in range(8)]
    assert all(60 < each[..., 0].sum() < 140 for each in seen)
    assert np.std(seen, axis=0).max() > 0.2


def greenness(picture: Floats) -> tuple[float, Floats]:
    """Answers to green, and to nothing else."""
    slope = np.zeros_like(picture)
    slope[..., 1] = 1 / slope[..., 1].size
    return float(picture[..., 1].mean()), slope


def test_what_wants_green_gets_green() -> None:
    image, ascent = maximize(greenness, (32, 40), 40, np.random.default_rng(0), nothing)
    assert image.shape == (32, 40, 3)
    assert ascent.after > 200 > ascent.before
    assert image[..., 1].mean() > image[..., 2].mean() + 8


def test_a_silent_channel_is_woken() -> None:
    def silent(picture: Floats) -> tuple[float, Floats]:
        return 0.0, np.zeros_like(picture)

    assert reviving(silent, greenness)(np.zeros((4, 4, 3), np.float32))[1].any()
    assert reviving(greenness, silent)(np.zeros((4, 4, 3), np.float32))[1].any()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(CPU) as engine:
        yield engine


def test_a_channel_answers_more_and_more_and_the_same_each_time(engine: Engine) -> None:
    network = open_network("textures")
    slopes = ObjectiveGradient(engine, network, channel_objective(network.info, "block2_conv2", 3))
    runs = [maximize(slopes, (48, 48), 24, np.random.default_rng(7), nothing) for _ in range(2)]
    (image, ascent), (again, _) = runs
    assert ascent.after > 1.5 * max(ascent.before, 1e-3)
    assert (image == again).all()
    assert image.std() > 10
