"""Spectra, random transforms and pictures that grow from grey: each with its gradient, and all with a network."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.importing.open_network import open_network
from models.spec import Hw
from realtime.dreams.objective import ObjectiveGradient, channel_objective
from realtime.imaging.frame import Floats
from realtime.inference.engine import Engine
from realtime.maximization.fourier import FourierImage
from realtime.maximization.maximize import maximize, random_transform, with_fallback


def nothing() -> None:
    """Progress that is not shown."""


@pytest.mark.parametrize("size_hw", [(16, 20), (17, 21), (20, 15)])
def test_backward_is_the_gradient_of_the_spectrum(size_hw: Hw) -> None:
    rng, canvas = np.random.default_rng(0), FourierImage(size_hw)
    spectrum = canvas.random_spectrum(rng) * np.float32(20)
    gradient = rng.normal(0, 1, (*size_hw, 3)).astype(np.float32)
    back = canvas.backward(canvas.picture(spectrum), gradient)
    change = canvas.random_spectrum(rng) * np.float32(0.02)
    ends = [float((canvas.picture(spectrum + side * change) * gradient).sum(dtype=np.float64)) for side in (-1, 1)]
    expected = float((back.real * change.real + back.imag * change.imag).sum())
    assert (ends[1] - ends[0]) / 2 == pytest.approx(expected, rel=0.01)


def test_the_first_picture_is_nearly_grey_and_varies_more_in_lightness_than_in_colour() -> None:
    canvas = FourierImage((64, 64))
    picture = canvas.picture(canvas.random_spectrum(np.random.default_rng(0)))
    assert picture.shape == (64, 64, 3)
    assert picture.mean() == pytest.approx(127, abs=12)
    assert 0.1 < picture.std() < 40
    strong = canvas.picture(canvas.random_spectrum(np.random.default_rng(0)) * np.float32(20))
    light, colour = strong.mean(2).std(), (strong - strong.mean(2, keepdims=True)).std()
    assert light > 1.5 * colour > 0


def test_backward_of_a_transform_is_its_adjoint() -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        transform = random_transform((60, 80), rng)
        canvas = cv2.GaussianBlur(rng.normal(0, 1, (92, 112, 3)).astype(np.float32), (0, 0), 4)
        gradient = cv2.GaussianBlur(rng.normal(0, 1, (60, 80, 3)).astype(np.float32), (0, 0), 4)
        gradient[:4] = gradient[-4:] = gradient[:, :4] = gradient[:, -4:] = 0
        seen, back = transform.apply(np.asarray(canvas)), transform.backward(np.asarray(gradient), (92, 112))
        assert seen.shape == gradient.shape
        lengths = np.linalg.norm(seen) * np.linalg.norm(gradient)
        assert float((seen * gradient).sum()) == pytest.approx(float((canvas * back).sum()), abs=0.02 * float(lengths))


def test_transforms_differ_and_show_the_middle_of_the_canvas() -> None:
    rng, canvas = np.random.default_rng(0), np.zeros((92, 112, 3), np.float32)
    canvas[41:51, 51:61] = 1
    seen = [random_transform((60, 80), rng).apply(canvas) for _ in range(8)]
    assert all(60 < each[..., 0].sum() < 140 for each in seen)
    assert np.std(seen, axis=0).max() > 0.2


def greenness(picture: Floats) -> tuple[float, Floats]:
    """The mean of the green pixels."""
    gradient = np.zeros_like(picture)
    gradient[..., 1] = 1 / gradient[..., 1].size
    return float(picture[..., 1].mean()), gradient


def test_maximizing_green_gives_green() -> None:
    image, ascent = maximize(greenness, (32, 40), 40, np.random.default_rng(0), nothing)
    assert image.shape == (32, 40, 3)
    assert ascent.after > 200 > ascent.before
    assert image[..., 1].mean() > image[..., 2].mean() + 8


def test_the_fallback_is_used_where_the_gradient_is_zero() -> None:
    def silent(picture: Floats) -> tuple[float, Floats]:
        return 0.0, np.zeros_like(picture)

    assert with_fallback(silent, greenness)(np.zeros((4, 4, 3), np.float32))[1].any()
    assert with_fallback(greenness, silent)(np.zeros((4, 4, 3), np.float32))[1].any()


def test_the_value_of_a_channel_grows_and_the_picture_is_reproducible(engine: Engine) -> None:
    network = open_network("world")
    objective = ObjectiveGradient(engine, network, channel_objective(network.info, "block2_conv2", 0))
    runs = [maximize(objective, (48, 48), 24, np.random.default_rng(7), nothing) for _ in range(2)]
    (image, ascent), (again, _) = runs
    assert ascent.after > 1.5 * max(ascent.before, 1e-3)
    assert (image == again).all()
    assert image.std() > 10
