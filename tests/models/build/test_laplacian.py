"""Laplacian normalization as nodes gives what OpenCV's pyramids give."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.build.laplacian import down_matrix, normalize_scales, up_matrix
from models.graph.builder import FLOAT, GraphBuilder, empty_model
from realtime.dreams import laplacian
from realtime.imaging.frame import Floats
from realtime.inference.providers import CPU, Session


def noise(height: int, width: int, scale: float = 1.0) -> Floats:
    return (np.random.default_rng(0).normal(size=(height, width, 3)) * scale).astype(np.float32)


@pytest.mark.parametrize(("height", "width"), [(16, 24), (17, 31), (40, 33)])
def test_matrices_are_those_of_opencv(height: int, width: int) -> None:
    field = noise(height, width)[..., 0]
    smaller = cv2.pyrDown(field)
    assert np.allclose(down_matrix(height) @ field @ down_matrix(width).T, smaller, atol=1e-5)
    larger = cv2.pyrUp(smaller, dstsize=(width, height))
    up = [up_matrix(size, target) for size, target in zip(smaller.shape, (height, width), strict=True)]
    assert np.allclose(up[0] @ smaller @ up[1].T, larger, atol=1e-5)


def normalized(gradient: Floats, levels: int) -> Floats:
    height, width, _ = gradient.shape
    builder = GraphBuilder(empty_model("normalize"))
    planes = builder.op("Transpose", builder.input("gradient", FLOAT, gradient.shape), perm=[2, 0, 1])
    result = builder.op("Transpose", normalize_scales(builder, planes, (height, width), levels), perm=[1, 2, 0])
    builder.output(result, "result", FLOAT, gradient.shape)
    found: Floats = Session(builder.model.SerializeToString(), CPU).run({"gradient": gradient})["result"]
    return found


@pytest.mark.parametrize("levels", [1, 2, 4, 9])
@pytest.mark.parametrize(("height", "width"), [(48, 64), (75, 53)])
def test_every_scale_gets_the_strength_that_it_gets_on_the_cpu(height: int, width: int, levels: int) -> None:
    gradient = noise(height, width, 1e-4)
    gradient[:, : width // 2] *= 10
    assert np.allclose(normalized(gradient, levels), laplacian.normalize_scales(gradient, levels), atol=1e-4)


@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e30])
def test_tiny_and_huge_gradients_are_normalized_and_none_stays_none(scale: float) -> None:
    result = normalized(noise(32, 32, scale), 3)
    assert np.sqrt(np.square(result).mean()) == pytest.approx(1.0 if scale else 0.0, rel=1e-3)
