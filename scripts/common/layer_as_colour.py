"""The features of a layer for a picture, as colour."""

from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.spec import LayerInfo, Network
from realtime.imaging.features_as_colour import features_as_colour
from realtime.imaging.frame import Image, hw
from realtime.inference.engine import Engine
from realtime.inference.network_input import input_size, network_input


def layer_as_colour(engine: Engine, network: Network, layer: LayerInfo, image: Image, short_side: int) -> Image:
    """The features as colour, at the size of the network's input, whose short side is `short_side` if it can be."""
    info = network.info.input
    size_hw = info.fixed_hw or input_size(hw(image), max(short_side, info.smallest))
    seen = network_input(image, size_hw)
    spec = GraphSpec(network, ActivationsHead(layer.name), size_hw)
    return features_as_colour(engine.run_when_ready(spec, {"image": seen})["activations"], seen)
