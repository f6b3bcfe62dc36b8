"""A network in training: what it takes from where it starts, and the classifier on top of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.from_keras.convert import any_size
from models.from_keras.layers import forward, kind
from models.from_keras.pretrained import load
from models.from_keras.weights import sniff
from models.spec import ModelInfo
from models.training import vgg
from models.training.config import SCRATCH, TrainingConfig
from models.training.muon import PACE, make_muon
from models.zoo import ZOO

if TYPE_CHECKING:
    import keras

DROPOUT = 0.3
HEAD = "classifier"
"""The name of the dense layer that names the classes."""

FINE_PACE = 3e-4
"""Learning rate of Adam at the start: what has learned already is changed with care."""


@dataclass(frozen=True, slots=True)
class Base:
    """The convolutional part: its facts, and a Keras model from pictures of any size to {layer: activations}."""

    info: ModelInfo
    taps: keras.Model


@dataclass(frozen=True, slots=True)
class Learner:
    """A base with a classifier of its own: `model` turns float NHWC pictures into logits."""

    base: Base
    model: keras.Model
    pace: float


def check_start(recipe: TrainingConfig) -> None:
    """Raise ModelError, before anything slow, for a start that is not there or does not fit."""
    if recipe.start in ZOO:
        if recipe.weights not in ("imagenet", "none"):
            sniff(Path(recipe.weights))
    elif recipe.start != SCRATCH:
        vgg.find(recipe.start)


def make_learner(recipe: TrainingConfig, classes: int) -> Learner:
    """The network of a recipe, ready to learn; ModelError when its start cannot be had or does not fit."""
    import keras

    keras.utils.clear_session()
    keras.utils.set_random_seed(recipe.seed)
    base = _base(recipe)
    features = keras.layers.GlobalAveragePooling2D(name="features")(base.taps.output[base.info.layers[-1].name])
    dropped = keras.layers.Dropout(DROPOUT, name="dropout")(features)
    logits = keras.layers.Dense(classes, name=HEAD)(dropped)
    model = keras.Model(base.taps.input, logits)
    scratch = recipe.start == SCRATCH
    model.compile(
        optimizer=make_muon(PACE) if scratch else keras.optimizers.Adam(FINE_PACE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    return Learner(base, model, PACE if scratch else FINE_PACE)


def _base(recipe: TrainingConfig) -> Base:
    if recipe.start == SCRATCH:
        return Base(*vgg.fresh())
    if recipe.start in ZOO:
        loaded = load(ZOO[recipe.start], recipe.weights)
        base = Base(loaded.info, any_size(loaded.network))
    else:
        base = Base(*vgg.reopened(recipe.start))
    _freeze(base)
    return base


def _freeze(base: Base) -> None:
    """Let only the last block learn, and no batch norm: a few pictures tell little about its statistics."""
    last = base.info.layers[-1].block
    earlier = [base.taps.output[layer.name] for layer in base.info.layers if layer.block < last]
    known = {layer.name for layer in forward(base.taps.layers, earlier)}
    for layer in base.taps.layers:
        layer.trainable = layer.name not in known and kind(layer) != "BatchNormalization"
