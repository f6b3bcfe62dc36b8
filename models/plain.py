"""From converted layers to a stored network: batch norm and padding folded into what they belong to, and its facts.

The result is a plain graph: NCHW float32 of any height and width, nodes of the default ONNX domain only, and
one named output per layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.graph import OPSET
from models.spec import CARD, INPUT, ModelInfo


def plain(model: onnx.ModelProto, info: ModelInfo) -> onnx.ModelProto:
    """Make `model`, which has a tensor for each layer of `info`, a stored network in place."""
    declare(model, info)
    fold_batch_norms(model.graph)
    fold_pads(model.graph)
    drop_unused(model.graph)
    onnx.checker.check_model(model, full_check=True)
    return model


def declare(model: onnx.ModelProto, info: ModelInfo) -> None:
    """Write the input, the outputs in forward order, the opset and the ModelInfo of a stored network."""
    graph = model.graph
    graph.name, graph.doc_string = info.name, ""
    del graph.input[:], graph.output[:], graph.value_info[:], model.opset_import[:]
    graph.input.append(_value(INPUT, [1, 3, "height", "width"]))
    graph.output.extend(_value(layer.name, [1, layer.channels, None, None]) for layer in info.layers)
    model.opset_import.append(helper.make_opsetid("", OPSET))
    helper.set_model_props(model, {CARD: info.to_json()})


def fold_batch_norms(graph: onnx.GraphProto) -> None:
    """Scale and shift the kernels of convolutions instead of what they give, where only the batch norm takes it."""
    weights = {tensor.name: tensor for tensor in graph.initializer}
    for norm, convolution in _pairs(graph, "BatchNormalization", "Conv"):
        gamma, beta, mean, variance = (_array(weights[name]) for name in norm.input[1:])
        [epsilon] = (helper.get_attribute_value(each) for each in norm.attribute if each.name == "epsilon")
        factor = gamma / np.sqrt(variance + epsilon)
        kernel, bias = (weights[name] for name in convolution.input[1:])
        _replace(kernel, _array(kernel) * factor[:, None, None, None])
        _replace(bias, (_array(bias) - mean) * factor + beta)
        convolution.output[0] = convolution.name = norm.output[0]
        graph.node.remove(norm)


def fold_pads(graph: onnx.GraphProto) -> None:
    """Let a convolution pad with zeros itself; so may a max pool, where nothing is below zero."""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    rectified = {node.output[0] for node in graph.node if node.op_type == "Relu"}
    for node, pad in [*_pairs(graph, "Conv", "Pad"), *_pairs(graph, "MaxPool", "Pad")]:
        attributes = {each.name: each for each in node.attribute}
        margins = numpy_helper.to_array(constants[pad.input[1]])[[2, 3, 6, 7]]
        if node.op_type == "Conv" or pad.input[0] in rectified:
            attributes["pads"].ints[:] = [int(total) for total in np.asarray(attributes["pads"].ints) + margins]
            node.input[0] = pad.input[0]
            graph.node.remove(pad)


def drop_unused(graph: onnx.GraphProto) -> None:
    """Leave out the initializers that no node takes."""
    used = _uses(graph)
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _pairs(graph: onnx.GraphProto, kind: str, before: str) -> list[tuple[onnx.NodeProto, onnx.NodeProto]]:
    """The nodes of a kind, each with the one of the kind `before` whose result it alone takes."""
    makers = {tensor: node for node in graph.node for tensor in node.output if node.op_type == before}
    uses = _uses(graph)
    nodes = [node for node in graph.node if node.op_type == kind and node.input[0] in makers]
    return [(node, makers[node.input[0]]) for node in nodes if uses[node.input[0]] == 1]


def _uses(graph: onnx.GraphProto) -> Counter[str]:
    """How often each tensor is taken, by nodes and as an output."""
    return Counter([name for node in graph.node for name in node.input] + [output.name for output in graph.output])


def _array(tensor: onnx.TensorProto) -> NDArray[np.float64]:
    return numpy_helper.to_array(tensor).astype(np.float64)


def _replace(tensor: onnx.TensorProto, values: NDArray[np.float64]) -> None:
    tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float32), tensor.name))


def _value(name: str, shape: Sequence[int | str | None]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
