"""From what tf2onnx writes to a stored network: explicit padding, one node a convolution, readable names, its facts.

The result is a plain graph: NCHW float32 of any height and width, nodes of the default ONNX domain only, and
one named output per layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.graph.builder import OPSET, attributes
from models.spec import CARD, INPUT, ModelInfo


def plain(model: onnx.ModelProto, info: ModelInfo) -> onnx.ModelProto:
    """Make `model`, NCHW with an output for each layer of `info`, a stored network in place."""
    graph = model.graph
    declare(model, info)
    drop_reshapes(graph)
    explicit_pads(graph)
    own_weights(graph)
    fold_factors(graph)
    fold_pads(graph)
    drop_unused(graph)
    readable_names(graph)
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


def drop_reshapes(graph: onnx.GraphProto) -> None:
    """Leave out what tf2onnx makes of a transpose of one point: a reshape of (1, channels, 1, 1) to itself."""
    outputs = {output.name for output in graph.output}
    for node in [node for node in graph.node if node.op_type == "Reshape"]:
        graph.node.remove(node)
        source, result = node.input[0], node.output[0]
        _rename(graph, {source: result} if result in outputs else {result: source})


def explicit_pads(graph: onnx.GraphProto) -> None:
    """Replace `auto_pad` by `pads`: 'same' pads as for a picture whose sides are multiples of the stride."""
    for node in graph.node:
        facts = attributes(node)
        if "kernel_shape" in facts:
            same = facts.pop("auto_pad", b"") == b"SAME_UPPER"
            facts["pads"] = _same(facts) if same else facts.get("pads", [0, 0, 0, 0])
            del node.attribute[:]
            node.attribute.extend(helper.make_attribute(key, value) for key, value in facts.items())


def _same(attributes: Mapping[str, Any]) -> list[int]:
    """The padding in ONNX order, all beginnings, then all ends; the odd pixel is at the end."""
    dilations = attributes.get("dilations", [1, 1])
    sizes = zip(attributes["kernel_shape"], dilations, attributes["strides"], strict=True)
    totals = [max((side - 1) * dilation + 1 - stride, 0) for side, dilation, stride in sizes]
    return [total // 2 for total in totals] + [total - total // 2 for total in totals]


def own_weights(graph: onnx.GraphProto) -> None:
    """Give every convolution a kernel and a bias of its own, called after its layer.

    tf2onnx drops a bias that is all zeros, and lets two layers share what is equal.
    """
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    makers = {tensor: node for node in graph.node for tensor in node.output}
    for output in graph.output:
        node = makers[output.name]
        while node.op_type != "Conv":
            node = next(makers[name] for name in node.input if name in makers)
        if all(name in weights for name in node.input[1:]):  # not yet owned by an earlier layer
            kernel = weights[node.input[1]]
            bias = weights[node.input[2]] if len(node.input) == 3 else np.zeros(len(kernel), np.float32)
            node.input[1:] = [f"{output.name}_W", f"{output.name}_b"]
            arrays = zip((kernel, bias), node.input[1:], strict=True)
            graph.initializer.extend(numpy_helper.from_array(array, name) for array, name in arrays)


def fold_factors(graph: onnx.GraphProto) -> None:
    """Let a convolution multiply and add itself what is then multiplied and added to its channels: batch norm."""
    weights = {tensor.name: tensor for tensor in graph.initializer}
    for kind in ("Mul", "Add"):
        for node, convolution in _pairs(graph, kind, "Conv"):
            if node.input[1] in weights:
                values = _array(weights[node.input[1]]).reshape(-1)
                kernel, bias = (weights[name] for name in convolution.input[1:])
                if kind == "Mul":
                    _replace(kernel, _array(kernel) * values[:, None, None, None])
                _replace(bias, _array(bias) * values if kind == "Mul" else _array(bias) + values)
                convolution.output[0] = node.output[0]
                graph.node.remove(node)


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
    """Keep the initializers that nodes take, in the order of the nodes."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    used = dict.fromkeys(name for node in graph.node for name in node.input)
    kept = [tensors[name] for name in used if name in tensors]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def readable_names(graph: onnx.GraphProto) -> None:
    """Call what a convolution makes `<layer>/preact` where it is not the layer, other tensors after their sources."""
    outputs = {output.name for output in graph.output}
    names = {name: name for name in (INPUT, *outputs)}
    for node in graph.node:
        stem = node.input[1].removesuffix("_W") if node.op_type == "Conv" else names[node.input[0]]
        plain_name = f"{stem}/{'preact' if node.op_type == 'Conv' else node.op_type.lower()}"
        names.setdefault(node.output[0], plain_name)
        for place, source in enumerate(node.input):
            names.setdefault(source, source if node.op_type == "Conv" else f"{names[node.output[0]]}/{place}")
    _rename(graph, names)


def _rename(graph: onnx.GraphProto, names: Mapping[str, str]) -> None:
    for tensor in graph.initializer:
        tensor.name = names.get(tensor.name, tensor.name)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
        node.name = node.output[0]


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
