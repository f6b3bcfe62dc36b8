"""The heatmap over an image."""

from __future__ import annotations

import numpy as np

from realtime.imaging.heatmap import LINE, overlay_heatmap


def test_the_image_glows_where_the_heatmap_is_high_and_stays_readable() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(60, 200, (64, 96, 3), dtype=np.uint8)
    heat = np.zeros((4, 6), np.float32)
    heat[:, 3:] = 1
    result, grey = overlay_heatmap(image, heat), image @ np.array([0.114, 0.587, 0.299])
    assert result.shape == image.shape
    for part in (np.s_[:, :20], np.s_[:, 76:]):
        assert np.corrcoef(result[part][..., 2].ravel(), grey[part].ravel())[0, 1] > 0.8
    cold, hot = result[:, :26].astype(float), result[:, 70:].astype(float)
    assert abs(cold.mean() - image[:, :26].mean()) < 8, "the image is as bright as before"
    assert np.ptp(cold, axis=2).mean() < 40, "and nearly grey"
    assert hot[..., 2].mean() > hot[..., 0].mean() + 60, "the light is warm"


def test_a_thin_line_surrounds_the_hottest_half() -> None:
    black = np.zeros((90, 160, 3), np.uint8)
    heat = np.zeros((9, 16), np.float32)
    heat[3:6, 6:10] = 1
    line = np.abs(overlay_heatmap(black, heat).astype(int) - LINE).max(axis=2) < 60
    rows, cols = np.nonzero(line)
    assert 0 < line.mean() < 0.05
    assert 25 <= rows.min() < rows.max() <= 64
    assert 55 <= cols.min() < cols.max() <= 104
    assert not line[45, 80]
