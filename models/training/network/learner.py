"""The network to train: a new or pretrained base, and a classifier on top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.from_keras.convert import any_size
from models.from_keras.layers import forward, kind
from models.from_keras.pretrained import load
from models.from_keras.weights import choose_opener
from models.spec import CLASSES, ModelInfo
from models.training.config import SCRATCH, TrainingConfig
from models.training.distillation import student
from models.training.distillation.lesson import Lesson
from models.training.network import vgg
from models.training.network.bfloat16 import has_bfloat16
from models.training.network.metrics import accuracy
from models.training.network.muon import LEARNING_RATE, make_muon
from models.zoo import ZOO

if TYPE_CHECKING:
    import keras

DROPOUT = 0.3
FEATURES = "features"  # the layer that the classes are predicted from
FINE_TUNING_RATE = 3e-4  # the learning rate of Adam at the start, for a pretrained network


@dataclass(frozen=True, slots=True)
class Base:
    """The convolutional part: its metadata, and a Keras model from images of any size to {layer: activations}."""

    info: ModelInfo
    taps: keras.Model


@dataclass(frozen=True, slots=True)
class Learner:
    """A base with new outputs: `model` computes {output: logits or features} from float NHWC images.

    `taught` gives the teacher's layer for each output that is compared with one.
    """

    base: Base
    model: keras.Model
    learning_rate: float
    taught: Mapping[str, str]


def check_start(config: TrainingConfig) -> None:
    """Raise ModelError early when the network to start from is missing or has other layers."""
    if config.start in ZOO:
        if config.weights not in ("imagenet", "none"):
            choose_opener(Path(config.weights))
    elif config.start != SCRATCH:
        vgg.find_network(config.start)


def make_learner(
    config: TrainingConfig, classes: int, lesson: Lesson | None = None, *, mixed_precision: bool = False
) -> Learner:
    """The network of a config, ready to train; ModelError when the one to start from is missing or does not fit.

    With a `lesson` it has the outputs that a teacher answers for. With `mixed_precision` a new network
    computes in bfloat16, where the CPU can.
    """
    import keras

    keras.utils.clear_session()
    keras.utils.set_random_seed(config.seed)
    scratch = config.start == SCRATCH
    keras.config.set_dtype_policy("mixed_bfloat16" if mixed_precision and scratch and has_bfloat16() else "float32")
    base = _base(config, frozen=lesson is None)
    features = keras.layers.GlobalAveragePooling2D(name=FEATURES)(base.taps.output[base.info.layers[-1].name])
    dropped = keras.layers.Dropout(DROPOUT, name="dropout")(features)
    outputs = {CLASSES: keras.layers.Dense(classes, dtype="float32", name=CLASSES)(dropped)}
    loss = {CLASSES: keras.losses.CategoricalCrossentropy(from_logits=True)}
    if lesson is not None:
        outputs |= student.add_outputs(base.info, base.taps, dropped, lesson)
        loss |= student.losses(lesson)
    model = keras.Model(base.taps.input, outputs)
    model.compile(
        optimizer=make_muon(LEARNING_RATE) if scratch else keras.optimizers.Adam(FINE_TUNING_RATE),
        loss=loss,
        metrics={CLASSES: [accuracy()]},
        jit_compile=False,
    )
    keras.config.set_dtype_policy("float32")
    taught = dict(zip(lesson.outputs, (layer.name for layer in lesson.layers), strict=False)) if lesson else {}
    return Learner(base, model, LEARNING_RATE if scratch else FINE_TUNING_RATE, taught)


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Copy the weights of all layers except the classes, whose number may differ."""
    for layer in target.layers:
        weights = source.get_layer(layer.name).get_weights()
        if layer.name != CLASSES or [each.shape for each in weights] == [each.shape for each in layer.get_weights()]:
            layer.set_weights(weights)


def _base(config: TrainingConfig, *, frozen: bool) -> Base:
    if config.start == SCRATCH:
        return Base(*vgg.new_network())
    if config.start in ZOO:
        loaded = load(ZOO[config.start], config.weights)
        base = Base(loaded.info, any_size(loaded.network))
    else:
        base = Base(*vgg.load_network(config.start))
    if frozen:
        _freeze(base)
    return base


def _freeze(base: Base) -> None:
    """Train only the last block, and no batch norm: its statistics need more images."""
    last = base.info.layers[-1].block
    earlier = [base.taps.output[layer.name] for layer in base.info.layers if layer.block < last]
    frozen = {layer.name for layer in forward(base.taps.layers, earlier)}
    for layer in base.taps.layers:
        layer.trainable = layer.name not in frozen and kind(layer) != "BatchNormalization"
