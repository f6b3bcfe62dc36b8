"""What a teacher teaches: which of its layers, to which layers of the student, and whether its classes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.errors import ModelError
from models.importing.open_network import open_network
from models.spec import CLASSES, LayerInfo, ModelInfo, Network

if TYPE_CHECKING:
    import tensorflow as tf

EARLY, LATE = 8, 16  # the strides of the layers that teach when none are named
TEACHER_CLASSES = "teacher_classes"  # the output of a student for the classes of its teacher, beside its own CLASSES


@dataclass(frozen=True, slots=True)
class Lesson:
    """A teacher's network, the layers that teach, and whether the pictures have classes of their own."""

    network: Network
    layers: tuple[LayerInfo, ...]
    own_classes: bool

    @property
    def teaches_classes(self) -> bool:
        """Whether the teacher has a classifier."""
        return self.network.info.classifier is not None

    @property
    def outputs(self) -> tuple[str, ...]:
        """The outputs of the student that the teacher's answers are for, in the order of the answers."""
        layers = tuple(f"layer_{number}" for number in range(len(self.layers)))
        classes = (TEACHER_CLASSES if self.own_classes else CLASSES,)
        return (*layers, *classes) if self.teaches_classes else layers

    def targets(self, answers: Sequence[tf.Tensor], own: tf.Tensor) -> dict[str, tf.Tensor]:
        """The targets by output: the teacher's answers, and `own` classes unless the teacher gives them."""
        return {CLASSES: own} | dict(zip(self.outputs, answers, strict=True))


@functools.cache
def open_teacher(text: str) -> Network:
    """The network `text` as a teacher; ModelError when it does not exist or is not trained."""
    network = open_network(text)
    if not network.info.trained:
        raise ModelError(f"{network.info.name} has random weights; --teacher needs a trained network")
    return network


def choose_layers(info: ModelInfo, names: Sequence[str] = ()) -> tuple[LayerInfo, ...]:
    """The layers called `names`; without names the last key layer of stride 8, and the middle and last of stride 16.

    Raises ModelError for an unknown name.
    """
    if names:
        return tuple(info.layer(name) for name in dict.fromkeys(names))
    early, late = ([each for each in info.key_layers if each.stride == stride] for stride in (EARLY, LATE))
    chosen = early[-1:] + ([late[(len(late) - 1) // 2], late[-1]] if late else [])
    return tuple(dict.fromkeys(chosen or (info.key_layers or info.layers)[-1:]))


def pair(layers: Sequence[LayerInfo], student: ModelInfo) -> tuple[LayerInfo, ...]:
    """For each of the teacher's `layers` the last layer of the student with the nearest stride."""
    last = {layer.stride: layer for layer in student.layers}
    return tuple(last[min(last, key=lambda stride: abs(stride - layer.stride))] for layer in layers)
