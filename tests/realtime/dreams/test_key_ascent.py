"""Key pictures: octave by octave, step by step, on from the dream before; and the scales of their gradients."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from realtime.dreams.key_ascent import KeyAscent
from realtime.dreams.key_plan import KeyOctave, KeyPlan
from realtime.dreams.laplacian import normalize_scales, root_mean_square
from realtime.imaging.frame import Floats, Image

PLAN = KeyPlan((KeyOctave((24, 32), 3), KeyOctave((48, 64), 2, 2)), step_size=2.0, jitter=4)


@pytest.fixture
def picture() -> Image:
    rng = np.random.default_rng(2)
    return cv2.GaussianBlur(rng.integers(60, 200, (96, 128, 3), np.uint8), (0, 0), 2)  # type: ignore[return-value]


def contrast(picture: Floats) -> tuple[float, Floats]:
    """An objective: the variance, which any detail along the picture increases."""
    centred = picture - picture.mean()
    return float(np.square(centred).mean()), centred


def test_an_ascent_goes_through_its_octaves_step_by_step(picture: Image) -> None:
    ascent, sizes = KeyAscent(picture, None, PLAN, (0,)), []
    assert ascent.detail is None
    while not ascent.finished:
        sizes.append(ascent.size_hw)
        assert ascent.step(contrast) == ascent.finished
        assert ascent.detail is not None
        assert ascent.detail.shape == (*sizes[-1], 3)
    assert sizes == [(24, 32)] * 3 + [(48, 64)] * 2
    small = cv2.resize(picture, (64, 48), interpolation=cv2.INTER_AREA).astype(np.float32)
    assert ascent.detail is not None
    assert contrast(small + ascent.detail)[0] > 1.5 * contrast(small)[0]


def test_an_ascent_goes_on_from_the_dream_before(picture: Image) -> None:
    before = np.full((48, 64, 3), 9, np.float32)
    ascent = KeyAscent(picture, before, PLAN, (0,))
    ascent.step(lambda picture: (0.0, np.zeros_like(picture)))
    assert ascent.detail is not None
    assert np.allclose(ascent.detail, 9, atol=0.01)


def test_the_seed_decides_the_shifts(picture: Image) -> None:
    def detail(seed: int) -> Floats:
        ascent = KeyAscent(picture, None, PLAN, (seed,))
        while not ascent.step(lambda picture: (0.0, np.cumsum(picture, axis=0))):
            pass
        assert ascent.detail is not None
        return ascent.detail

    assert (detail(1) == detail(1)).all()
    assert (detail(1) != detail(2)).any()


def test_all_scales_of_a_gradient_get_the_same_strength() -> None:
    rng = np.random.default_rng(0)
    gradient = rng.normal(0, 1, (64, 96, 3)).astype(np.float32)

    def broad(field: Floats) -> float:
        return root_mean_square(np.asarray(cv2.GaussianBlur(field, (0, 0), 4), np.float32))

    plain, even = normalize_scales(gradient, 1), normalize_scales(gradient, 4)
    assert root_mean_square(plain) == pytest.approx(1, abs=0.01)
    assert root_mean_square(even) == pytest.approx(1, abs=0.01)
    assert np.allclose(plain * root_mean_square(gradient), gradient, atol=1e-4)
    assert broad(even) > 3 * broad(plain)


def test_a_gradient_of_zero_stays_zero() -> None:
    assert not normalize_scales(np.zeros((40, 40, 3), np.float32), 4).any()
