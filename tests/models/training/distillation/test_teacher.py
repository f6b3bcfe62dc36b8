"""What a teacher answers: directions of features on the student's grid, and probabilities."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.errors import ModelError
from models.importing.open_network import open_network
from models.spec import Hw, LayerInfo
from models.training.distillation.lesson import Lesson
from models.training.distillation.teacher import Teacher
from models.zoo import BUNDLED
from realtime.inference.engine import Engine
from realtime.inference.predictions import classify
from realtime.inference.providers import CPU
from tests.networks import write_headless

SIDE = 64


def lesson(*names: str) -> Lesson:
    network = open_network(BUNDLED)
    return Lesson(network, tuple(network.info.layer(name) for name in names), own_classes=True)


def pictures(count: int, side: int) -> NDArray[np.uint8]:
    noise = np.random.default_rng(0).integers(0, 256, (count, 8, 8, 3), np.uint8)
    return np.stack([np.asarray(cv2.resize(each, (side, side)), np.uint8) for each in noise])


def test_features_have_length_one_and_probabilities_are_those_of_the_classifier() -> None:
    taught = lesson("block3_conv3", "block4_conv3")
    side = taught.network.info.scores.size_hw[0]
    images = pictures(3, side)
    early, late, probabilities = Teacher(taught, ((side // 4,) * 2, (side // 8,) * 2), side).answers(images)
    assert early.shape == (3, side // 4, side // 4, taught.layers[0].channels)
    assert late.shape == (3, side // 8, side // 8, taught.layers[1].channels)
    lengths = np.linalg.norm(early.astype(np.float32), axis=-1)
    assert lengths[lengths > 0] == pytest.approx(1, abs=2e-3)
    with Engine(CPU) as engine:
        for image, row in zip(images, probabilities, strict=True):
            [best] = classify(engine, taught.network, image, count=1)
            assert int(row.argmax()) == best.index
            assert float(row.max()) == pytest.approx(best.probability, rel=1e-2)


@pytest.mark.parametrize("size_hw", [(8, 8), (4, 4), (32, 32)])
def test_features_are_resized_to_the_grid_of_the_student(size_hw: Hw) -> None:
    [features, _] = Teacher(lesson("block3_conv3"), (size_hw,), SIDE).answers(pictures(1, SIDE))
    assert features.shape[1:3] == size_hw


def test_a_teacher_without_classes_answers_features_alone(tmp_path: Path) -> None:
    network = open_network(str(write_headless(tmp_path / "headless.onnx")))
    taught = Lesson(network, network.info.layers[-1:], own_classes=True)
    [features] = Teacher(taught, ((SIDE // 2,) * 2,), SIDE).answers(pictures(2, SIDE))
    assert features.shape == (2, SIDE // 2, SIDE // 2, 3)


def test_a_teacher_that_cannot_run_is_named() -> None:
    network = open_network(BUNDLED)
    absent = Lesson(network, (LayerInfo("absent", 4, 8, 1),), own_classes=True)
    with pytest.raises(ModelError, match=f"{network.info.name} cannot teach with pictures of 64x64 pixels: .*absent"):
        Teacher(absent, ((8, 8),), SIDE)
