"""How large the layers of a network are for pictures of a given size."""

from models.build.preprocess import fix_size
from models.build.weight_cache import load_nodes
from models.graph.builder import shapes
from models.graph.truncate import truncate
from models.spec import Hw, Network


def layer_sizes(network: Network, size_hw: Hw) -> dict[str, Hw]:
    """Height and width of every layer by its name, without those that ONNX cannot infer."""
    model = load_nodes(network)
    names = [layer.name for layer in network.info.layers]
    truncate(model, names)  # a classifier after them may accept one size only
    fix_size(model, network.info.input, size_hw)
    inferred = shapes(model)
    return {name: (inferred[name][2], inferred[name][3]) for name in names if len(inferred.get(name, ())) == 4}
