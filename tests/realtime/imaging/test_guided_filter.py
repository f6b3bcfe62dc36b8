"""The enlargement follows the edges of the large picture."""

import numpy as np

from realtime.imaging.guided_filter import enlarge_along_edges


def test_a_soft_edge_becomes_as_sharp_as_that_of_the_picture() -> None:
    image = np.full((160, 240, 3), 40, np.uint8)
    image[:, 126:] = 210
    soft = np.clip((np.arange(60) - 24) / 12, 0, 1)
    colours = np.broadcast_to(soft[None, :, None], (40, 60, 3)).astype(np.float32)
    enlarged = enlarge_along_edges(colours, image)[80, :, 0].astype(int)
    assert enlarged.shape == (240,)
    assert enlarged[130] - enlarged[122] > 4 * (soft[32] - soft[30]) * 255 / 2


def test_flat_colours_stay_flat_on_any_picture() -> None:
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    colours = np.full((30, 40, 3), 0.5, np.float32)
    assert np.abs(enlarge_along_edges(colours, image).astype(int) - 128).max() <= 1
