"""The story has few rows, one or more for each stage, and names them shortly."""

from __future__ import annotations

import numpy as np
import pytest

from models.importing.open_network import open_network
from models.spec import LayerInfo
from realtime.capture.pattern import Pattern
from realtime.inference.engine import Engine
from realtime.show.make_controls import make_controls
from realtime.views.click import Click
from realtime.views.registry import find_views
from realtime.views.stages import ATTENTION, STAGES, across_depth, short_names, stage_caption
from realtime.views.story import ROWS, StoryView
from tests.realtime.views.scenes import render_when_ready, scene


def layers(*names: str, blocks: tuple[int, ...]) -> list[LayerInfo]:
    return [LayerInfo(name, 16, 2**block, block) for name, block in zip(names, blocks, strict=True)]


VGG16 = open_network("world").info.key_layers
GOOGLENET = layers(
    "conv1/7x7_s2",
    "conv2/3x3",
    *(f"inception_{name}/output" for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")),
    blocks=(1, 2, 3, 3, 4, 4, 4, 4, 4, 5, 5),
)
HALF = VGG16[:7]
MANY = layers(*(f"layer{number}" for number in range(20)), blocks=tuple(range(1, 21)))


@pytest.mark.parametrize("network", [VGG16, GOOGLENET, HALF, MANY, VGG16[:2]])
def test_rows_are_in_order_and_every_block_that_fits_has_one(network: list[LayerInfo]) -> None:
    rows = across_depth(network, ROWS)
    assert len(rows) == min(ROWS, len(network))
    assert [network.index(row) for row in rows] == sorted({network.index(row) for row in rows})
    assert rows[-1] == network[-1]
    blocks = {layer.block for layer in network}
    assert len({row.block for row in rows}) == min(len(blocks), ROWS)


def test_names_are_short_and_differ() -> None:
    assert short_names(GOOGLENET)[:4] == ("conv1", "conv2", "3a", "3b")
    assert short_names(VGG16)[0] == "block1_conv1"
    assert short_names(layers("a/x", "a/y", blocks=(1, 1))) == ("a/x", "a/y")


def test_sentences_of_stages_are_short() -> None:
    assert all(len(sentence.split()) <= 8 for _, sentence in STAGES)


@pytest.mark.parametrize("active", ["on", "off"])
def test_a_click_on_a_row_goes_to_its_layer(active: str) -> None:
    info = open_network("world").info
    controls = make_controls(info, find_views())
    controls.set("tiles/active", active)
    rows = across_depth(info.key_layers, ROWS) if active == "on" else info.key_layers
    for number, row in enumerate(rows):
        controls.set("show/view", "story")
        assert StoryView().click(controls, Click((0.5, (number + 0.5) / len(rows)), None, None, info)) == ""
        assert (controls.value("show/layer"), controls.value("show/view")) == (row.name, "mosaic")


def test_the_rows_have_the_inks_of_their_stages(engine: Engine) -> None:
    network = open_network("world")
    controls = make_controls(network.info, find_views())
    seen = scene(engine, network, controls, Pattern().read(), input_hw=(96, 128))
    image = render_when_ready(StoryView(), seen).image
    height = image.shape[0] // ROWS
    first, last = image[:height, 200:].astype(int), image[-height:, 200:].astype(int)
    assert (first[..., 1] - first[..., 2]).mean() > 10, "ice is more green than red"
    assert (last[..., 2] - last[..., 1]).mean() > 10, "violet is more red than green"


def test_all_layers_can_be_shown(engine: Engine) -> None:
    network = open_network("world")
    controls = make_controls(network.info, find_views())
    images = []
    for active in ("on", "off"):
        controls.set("tiles/active", active)
        seen = scene(engine, network, controls, Pattern().read(), input_hw=(96, 128))
        images.append(render_when_ready(StoryView(), seen).image)
    assert images[0].shape == images[1].shape
    assert np.abs(images[0].astype(int) - images[1]).mean() > 5


def test_attention_has_a_caption_of_its_own() -> None:
    info = open_network("world").info
    assert stage_caption(LayerInfo("block3_attention", 3, 16, 3, False, "attention"), info) == ATTENTION
    assert stage_caption(LayerInfo("block3", 192, 16, 3, True, "tokens"), info) == STAGES[2]
