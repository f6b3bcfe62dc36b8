"""Objectives as text: `0.7*conv4:23 + 0.3*conv5` for channels and layers, `class:umbrella` for a class."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.build.heads.dream import DreamHead
from models.errors import SettingError
from models.spec import CLASSES, ModelInfo
from realtime.dreams.objective import Objective
from realtime.imaging.frame import Floats
from realtime.inference.channels import channel_weights
from realtime.inference.classes import find_class

CLASS = "class:"
LARGEST = 1e6  # of a weight: a larger one overflows


@dataclass(frozen=True, slots=True)
class Term:
    """A part of an objective: a layer, or CLASSES, with all its channels or one, and its weight."""

    layer: str
    channel: int | None
    weight: float


def parse_objective(info: ModelInfo, text: str, channel: int | None = None) -> Objective:
    """The objective that a text describes; `channel` is that of a single layer.

    Raises SettingError for a text without meaning, ModelError for a layer that does not exist.
    """
    terms = list(_terms(info, text))
    if channel is not None:
        if len(terms) != 1 or terms[0].channel is not None:
            raise SettingError(f"--channel takes one layer without a channel, but got '{text}'")
        terms = [Term(terms[0].layer, channel, terms[0].weight)]
    layers = tuple(dict.fromkeys(term.layer for term in terms))
    if CLASSES in layers and len(layers) > 1:
        raise SettingError(f"a class cannot be added to layers, but got '{text}'")
    weights = np.concatenate([_weights(info, layer, terms) for layer in layers])
    return Objective(DreamHead(layers, energy=CLASSES not in layers), weights)


def _weights(info: ModelInfo, layer: str, terms: list[Term]) -> Floats:
    """The weight of each channel of a layer."""
    own = [
        channel_weights(info, layer, term.channel) * np.float32(term.weight) for term in terms if term.layer == layer
    ]
    return np.asarray(np.sum(own, axis=0), np.float32)


def _terms(info: ModelInfo, text: str) -> Iterator[Term]:
    """The terms of a sum; a sign between two terms has spaces around it, for names of layers may have signs in them."""
    sign = 1.0
    for number, part in enumerate(re.split(r"\s+([+-])\s+", text.strip())):
        if number % 2:
            sign = -1.0 if part == "-" else 1.0
        else:
            yield _term(info, part, sign, text)


def _term(info: ModelInfo, part: str, sign: float, text: str) -> Term:
    weight, name = 1.0, part.strip()
    before, star, after = name.partition("*")
    if star:
        weight, name = _number(before, text), after.strip()
    if not name:
        raise SettingError(_refusal(info, text))
    if name.startswith(CLASS):
        return Term(CLASSES, find_class(info, name.removeprefix(CLASS)), sign * weight)
    layer, colon, channel = name.rpartition(":")
    if not colon or any(each.name == name for each in info.layers):
        return Term(info.layer(name).name, None, sign * weight)
    if not channel.strip().isdecimal():
        raise SettingError(_refusal(info, text))
    return Term(info.layer(layer).name, int(channel), sign * weight)


def _number(text: str, whole: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 1 / LARGEST <= abs(number) <= LARGEST:
        raise SettingError(f"'{text.strip()}' is no weight in '{whole}'; expected a number such as 0.7 before the *")
    return number


def _refusal(info: ModelInfo, text: str) -> str:
    layer = info.layers[-1].name
    return (
        f"'{text}' is not an objective; expected a sum such as 0.7*{layer}:3 + 0.3*{info.layers[0].name}, or class:NAME"
    )
