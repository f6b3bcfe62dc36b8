"""Objectives as text: what they mean, and one line for what has no meaning."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.errors import ModelError, SettingError
from models.importing.open_network import open_network
from models.spec import CLASSES
from realtime.dreams.parse_objective import parse_objective
from realtime.show.make_controls import make_controls
from realtime.views.registry import find_views

INFO = open_network("world").info


def test_a_layer_weighs_all_its_channels_alike() -> None:
    objective = parse_objective(INFO, "block2_conv1")
    assert (objective.head.layers, objective.head.energy) == (("block2_conv1",), True)
    assert np.allclose(objective.weights, 1 / 32)


def test_a_sum_of_layers_and_channels() -> None:
    objective = parse_objective(INFO, "0.7*block4_conv2:23 + block2_conv1 - 0.5 * block4_conv2:3")
    assert objective.head.layers == ("block4_conv2", "block2_conv1")
    block4, block2 = objective.weights[:128], objective.weights[128:]
    assert np.allclose(np.flatnonzero(block4), [3, 23])
    assert np.allclose(block4[[23, 3]], [0.7, -0.5])
    assert np.allclose(block2, 1 / 32)


def test_a_channel_may_be_given_apart() -> None:
    assert np.flatnonzero(parse_objective(INFO, "2*block2_conv1", 5).weights).tolist() == [5]
    for text in ("block2_conv1:3", "block2_conv1 + block2_conv2"):
        with pytest.raises(SettingError, match="--channel takes one layer without a channel, but got"):
            parse_objective(INFO, text, 5)


def test_a_class() -> None:
    objective = parse_objective(INFO, "class:cup + 0.5*class:laptop")
    assert (objective.head.layers, objective.head.energy) == ((CLASSES,), False)
    labels = [INFO.scores.labels[place] for place in np.flatnonzero(objective.weights)]
    assert sorted(labels) == ["cup", "laptop"]


def test_names_of_layers_may_have_signs_in_them() -> None:
    odd = dataclasses.replace(INFO, layers=(dataclasses.replace(INFO.layers[0], name="conv-1+a:0"),))
    assert parse_objective(odd, "-1*conv-1+a:0").head.layers == ("conv-1+a:0",)
    assert np.flatnonzero(parse_objective(odd, "conv-1+a:0:2").weights).tolist() == [2]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("conv9", ModelError, "^layer 'conv9' is not in world"),
        ("0.7*", SettingError, r"^'0.7\*' is not an objective; expected a sum such as 0.7\*block5_conv3:3"),
        ("block2_conv1 + ", ModelError, "^layer .block2_conv1 .. is not in world"),
        ("block2_conv1:x", SettingError, "is not an objective"),
        ("block2_conv1:99", SettingError, "^channel 99 is not in block2_conv1"),
        ("much*block2_conv1", SettingError, "^'much' is no weight in 'much.block2_conv1'; expected a number"),
        ("nan*block2_conv1", SettingError, "is no weight"),
        ("class:quark", SettingError, "^world has no class 'quark'"),
        ("class:cup + block2_conv1", SettingError, "^a class cannot be added to layers, but got"),
    ],
)
def test_what_has_no_meaning_is_refused_in_one_line(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as refusal:
        parse_objective(INFO, text)
    assert "\n" not in str(refusal.value)


def test_a_refused_objective_leaves_the_one_before() -> None:
    controls = make_controls(INFO, find_views())
    controls.set("dream/objective", "class:cup")
    with pytest.raises(ModelError, match="conv9"):
        controls.set("dream/objective", "conv9")
    assert controls.value("dream/objective") == "class:cup"
