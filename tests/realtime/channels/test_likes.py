"""The picture that a channel likes excites it, and is found in the cache by the next show."""

from __future__ import annotations

import numpy as np
import pytest

from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.importing.open_network import open_network
from realtime.channels import portraits
from realtime.channels.likes import ChannelLikes
from realtime.imaging.frame import Image, hw
from realtime.inference.engine import Engine
from realtime.inference.providers import CPU
from tests.screen import until

LAYER, CHANNEL = "block3_conv2", 5


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portraits, "STEPS", 24)
    monkeypatch.setattr(portraits, "SIDE", 64)


def made(engine: Engine) -> Image:
    network = open_network("world")
    likes, layer = ChannelLikes(engine, network), network.info.layer(LAYER)
    until(lambda: likes.portrait(layer, CHANNEL) is not None, "the portrait of the channel")
    portrait = likes.portrait(layer, CHANNEL)
    assert portrait is not None
    return portrait.image


def test_it_excites_its_channel_and_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    network = open_network("world")
    with Engine(CPU, background=True) as engine:
        picture = made(engine)
        spec = GraphSpec(network, ActivationsHead(LAYER), hw(picture))
        noise = np.random.default_rng(0).integers(0, 256, picture.shape, np.uint8)
        liked, other = (
            engine.run_when_ready(spec, {"image": image})["activations"][CHANNEL].mean() for image in (picture, noise)
        )
        assert liked > 2 * other
    monkeypatch.delattr(portraits, "maximize")
    with Engine(CPU, background=True) as engine:
        assert np.array_equal(made(engine), picture)
