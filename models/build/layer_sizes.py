"""How large the layers of a network are when it sees pictures of a given size."""

from __future__ import annotations

import onnx

from models.build import build, preprocess
from models.graph import builder as graph
from models.spec import Hw, Network
from models.graph.truncate import truncate


def layer_sizes(network: Network, size_hw: Hw) -> dict[str, Hw]:
    """Height and width of every layer, by its name; one whose size ONNX cannot tell is left out."""
    model = onnx.load(build.split_weights(network) / f"{build.NETWORK}.onnx", load_external_data=False)
    names = [layer.name for layer in network.info.layers]
    truncate(model, names)  # a classifier behind them may take one size alone
    preprocess.fix_size(model, network.info.input, size_hw)
    found = graph.shapes(model)
    return {name: (found[name][2], found[name][3]) for name in names if len(found.get(name, ())) == 4}
