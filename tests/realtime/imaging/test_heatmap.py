"""The heatmap over an image."""

from __future__ import annotations

import numpy as np

from realtime.imaging.heatmap import overlay_heatmap


def test_the_image_glows_where_the_heatmap_is_high_and_stays_readable() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(60, 200, (64, 96, 3), dtype=np.uint8)
    grey = np.zeros((4, 6), np.float32)
    grey[:, 3:] = 1
    result = overlay_heatmap(image, grey)
    assert result.shape == image.shape
    assert result[:, 70:].mean() > 1.5 * result[:, :26].mean()
    for part in (np.s_[:, :20], np.s_[:, 76:]):
        assert np.corrcoef(result[part][..., 1].ravel(), image[part][..., 1].ravel())[0, 1] > 0.9
    assert result[:, 80:, 2].mean() > result[:, 80:, 0].mean() + 30, "the glow is warm"
