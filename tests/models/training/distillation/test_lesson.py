"""Which layers of a teacher teach which layers of a student."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import ModelError
from models.importing.open_network import open_network
from models.spec import InputInfo, LayerInfo, ModelInfo
from models.training.distillation.lesson import Lesson, choose_layers, open_teacher, pair
from models.zoo import BUNDLED, vgg16_layers
from scripts.dev.benchmarks.untrained import write_untrained

STUDENT = ModelInfo("student", "none", InputInfo(), vgg16_layers(0.25))


def info(*strides: int) -> ModelInfo:
    layers = tuple(LayerInfo(f"layer{number}", 4, stride, 1) for number, stride in enumerate(strides))
    return ModelInfo("teacher", "made", InputInfo(), layers)


@pytest.mark.parametrize(
    ("strides", "chosen"),
    [
        ((2, 4, 8, 8, 16, 16, 16, 16, 16, 32), (3, 6, 8)),
        ((8, 16), (0, 1)),
        ((4, 16, 16), (1, 2)),
        ((2, 4), (1,)),
    ],
)
def test_the_layers_that_teach_are_chosen_by_their_stride(strides: tuple[int, ...], chosen: tuple[int, ...]) -> None:
    assert [layer.name for layer in choose_layers(info(*strides))] == [f"layer{number}" for number in chosen]


def test_layers_can_be_named() -> None:
    network = open_network(BUNDLED).info
    assert [layer.name for layer in choose_layers(network, ("block3_conv2", "block3_conv2"))] == ["block3_conv2"]
    with pytest.raises(ModelError, match="layer 'conv9' is not in"):
        choose_layers(network, ("conv9",))


def test_each_layer_teaches_the_last_of_the_nearest_stride() -> None:
    names = [layer.name for layer in pair(info(1, 8, 16, 32).layers, STUDENT)]
    assert names == ["block1_conv2", "block4_conv3", "block5_conv3", "block5_conv3"]


def test_the_outputs_of_the_student_follow_the_answers() -> None:
    network = open_network(BUNDLED)
    layers = choose_layers(network.info)
    for own, last in ((True, "teacher_classes"), (False, "classes")):
        lesson = Lesson(network, layers, own_classes=own)
        assert lesson.outputs == (*(f"layer_{number}" for number in range(len(layers))), last)


def test_a_network_with_random_weights_cannot_teach(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="plain has random weights; --teacher needs a trained network"):
        open_teacher(str(write_untrained("plain", width=0.25)))
