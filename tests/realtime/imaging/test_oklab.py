"""OKLab: the published values of white and of the primary colours, and back."""

import numpy as np
import pytest

from realtime.imaging.oklab import bgr_of_oklab, oklab_of_bgr


@pytest.mark.parametrize(
    ("bgr", "lab"),
    [
        ((1, 1, 1), (1.0, 0.0, 0.0)),
        ((0, 0, 1), (0.628, 0.225, 0.126)),
        ((0, 1, 0), (0.866, -0.234, 0.179)),
        ((1, 0, 0), (0.452, -0.032, -0.312)),
    ],
)
def test_known_colours(bgr: tuple[float, ...], lab: tuple[float, ...]) -> None:
    assert np.allclose(oklab_of_bgr(np.array(bgr, np.float32)), lab, atol=2e-3)


def test_there_and_back() -> None:
    colours = np.random.default_rng(0).uniform(0, 1, (50, 40, 3)).astype(np.float32)
    assert np.allclose(bgr_of_oklab(oklab_of_bgr(colours)), colours, atol=1e-3)


def test_colours_beyond_the_screen_are_clipped() -> None:
    shown = bgr_of_oklab(np.array([[0.9, 0.4, 0.4], [-0.1, 0, 0], [1.3, 0, 0]], np.float32))
    assert shown.min() >= 0 and shown.max() <= 1 and np.isfinite(shown).all()
