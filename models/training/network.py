"""A network in training: what it takes from where it starts, and the classifier on top of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import onnx

from models.spec import ModelInfo
from models.training import applications, vgg
from models.training.recipe import SCRATCH, Recipe
from models.zoo import ZOO

if TYPE_CHECKING:
    import keras

DROPOUT = 0.3
HEAD = "classifier"
"""The name of the dense layer that names the classes."""

SCRATCH_PACE, FINE_PACE = 2e-3, 3e-4
"""Learning rates of Adam at the start: what has learned already is changed with care."""


@dataclass(frozen=True, slots=True)
class Base:
    """The convolutional part: a Keras model that ends in {layer: activations}, and how it is stored as ONNX."""

    info: ModelInfo
    taps: keras.Model
    stored: Callable[[keras.Model, ModelInfo], onnx.ModelProto]


@dataclass(frozen=True, slots=True)
class Learner:
    """A base with a classifier of its own: `model` turns float NHWC pictures into logits."""

    base: Base
    model: keras.Model
    pace: float


def make_learner(recipe: Recipe, classes: int) -> Learner:
    """The network of a recipe, ready to learn; ModelError when its start cannot be had or does not fit."""
    import keras

    keras.utils.clear_session()
    keras.utils.set_random_seed(recipe.seed)
    base = _base(recipe)
    features = keras.layers.GlobalAveragePooling2D(name="features")(base.taps.output[base.info.layers[-1].name])
    dropped = keras.layers.Dropout(DROPOUT, name="dropout")(features)
    logits = keras.layers.Dense(classes, name=HEAD)(dropped)
    pace = SCRATCH_PACE if recipe.start == SCRATCH else FINE_PACE
    model = keras.Model(base.taps.input, logits)
    model.compile(
        optimizer=keras.optimizers.Adam(pace),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    return Learner(base, model, pace)


def _base(recipe: Recipe) -> Base:
    if recipe.start == SCRATCH:
        info, taps = vgg.fresh()
        return Base(info, taps, vgg.stored)
    if recipe.start in ZOO:
        info, taps = applications.pretrained(ZOO[recipe.start], recipe.weights)
        return Base(info, _frozen(info, taps), applications.stored)
    info, taps = vgg.reopened(recipe.start)
    return Base(info, _frozen(info, taps), vgg.stored)


def _frozen(info: ModelInfo, taps: keras.Model) -> keras.Model:
    """Let only the last block learn, and no batch norm: a few pictures tell little about its statistics."""
    import keras

    places = {layer.name: place for place, layer in enumerate(taps.layers)}
    earlier = [places[layer.name] for layer in info.layers if layer.block < info.layers[-1].block]
    for place, layer in enumerate(taps.layers):
        learns = place > max(earlier, default=-1)
        layer.trainable = learns and not isinstance(layer, keras.layers.BatchNormalization)
    return taps
