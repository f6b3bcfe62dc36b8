"""Which operators of a network stay in floats when it is computed in 8-bit integers."""

from collections import Counter

from models.build.int8.quantize import quantize
from models.build.preprocess import fix_size
from models.build.weight_cache import load_nodes, load_packed
from models.graph.builder import ancestors
from models.graph.truncate import truncate
from models.spec import Network

SIDE = 224  # pixels of the picture, where the network takes any size


def float_operators(network: Network) -> dict[str, Counter[str]]:
    """By the name of each layer: the operators that stay in floats, and how many, between the layers before and it."""
    info, model = network.info, load_nodes(network)
    layers = [layer.name for layer in info.layers]
    truncate(model, layers)
    fix_size(model, info.input, info.input.limits.fit((SIDE, SIDE)))
    before = {node.output[0]: node for node in model.graph.node}
    parts = {layer: [node.output[0] for node in ancestors(model.graph, [layer])] for layer in layers}
    quantize(model, load_packed(network, "int8"), info.input, layers)
    left = {node.output[0]: node.op_type for node in model.graph.node if node.op_type != "DequantizeLinear"}
    found, counted = dict[str, Counter[str]](), set[str]()
    for layer, tensors in parts.items():
        stay = [name for name in tensors if name not in counted and left.get(name) == before[name].op_type]
        found[layer] = Counter(before[name].op_type for name in stay)
        counted.update(tensors)
    return found
