"""Clean-up of a converted network: explicit padding, a bias on every convolution, readable names, its facts.

The result is a plain graph: NCHW float32 of any height and width, nodes of the default ONNX domain only, and
one named output per layer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.errors import ModelError
from models.graph import OPSET
from models.spec import CARD, INPUT, ModelInfo


def plain(model: onnx.ModelProto, info: ModelInfo, keras_layers: Collection[str]) -> onnx.ModelProto:
    """Make `model`, NCHW with an output per layer of `info`, plain in place; `keras_layers` lend names."""
    explicit_pads(model.graph)
    restore_biases(model.graph)
    readable_names(model.graph, keras_layers)
    declare(model, info)
    onnx.checker.check_model(model, full_check=True)
    return model


def explicit_pads(graph: onnx.GraphProto) -> None:
    """Replace `auto_pad` by `pads` in every convolution and pool."""
    for node in graph.node:
        attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        if "kernel_shape" in attributes:
            attributes["pads"] = _pads(node, attributes)
            attributes.pop("auto_pad", None)
            del node.attribute[:]
            node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())


def _pads(node: onnx.NodeProto, attributes: Mapping[str, Any]) -> list[int]:
    """Give the padding in ONNX order, all beginnings, then all ends; 'same' puts the odd pixel at the end."""
    kernel = attributes["kernel_shape"]
    if attributes.get("auto_pad", b"NOTSET") != b"SAME_UPPER":
        return list(attributes.get("pads", [0, 0] * len(kernel)))
    if any(stride != 1 for stride in attributes.get("strides", [])):
        raise ModelError(f"cannot store {node.op_type} '{node.name}': its padding depends on the picture's size")
    dilations = attributes.get("dilations", [1] * len(kernel))
    totals = [dilation * (size - 1) for dilation, size in zip(dilations, kernel, strict=True)]
    return [total // 2 for total in totals] + [total - total // 2 for total in totals]


def restore_biases(graph: onnx.GraphProto) -> None:
    """Give a zero bias to every convolution without one: tf2onnx drops biases that are all zeros."""
    kernels = {kernel.name: kernel for kernel in graph.initializer}
    for node in graph.node:
        if node.op_type == "Conv" and len(node.input) == 2:
            bias = f"{node.input[1]}/bias"
            channels = kernels[node.input[1]].dims[0]
            graph.initializer.append(numpy_helper.from_array(np.zeros(channels, np.float32), bias))
            node.input.append(bias)


def readable_names(graph: onnx.GraphProto, keras_layers: Collection[str]) -> None:
    """Name tensors after Keras layers: `<layer>` (its output), `<layer>_W`, `<layer>_b`, `<layer>/preact`."""
    names: dict[str, str] = {}
    taken = {output.name for output in graph.output}
    for node in graph.node:
        if node.op_type == "Conv" and (owner := _owner(node.input[1], keras_layers)):
            names |= {node.input[1]: f"{owner}_W", node.input[2]: f"{owner}_b"}
        layer = _owner(node.output[0], keras_layers)
        if layer in taken and node.op_type == "Conv":
            layer = f"{layer}/preact"
        if layer and layer not in taken:
            names[node.output[0]] = layer
            taken.add(layer)
    _rename(graph, names)


def _owner(tensor: str, keras_layers: Collection[str]) -> str | None:
    """Find the layer that made a tensor: `functional_1/block1_pool_1/MaxPool2d:0` is from block1_pool."""
    for scope in tensor.split("/")[:-1]:
        for name in (scope.rpartition("_")[0], scope):  # TensorFlow appends a number to the scopes of layers
            if name in keras_layers:
                return name
    return None


def _rename(graph: onnx.GraphProto, names: Mapping[str, str]) -> None:
    for tensor in graph.initializer:
        tensor.name = names.get(tensor.name, tensor.name)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
        node.name = node.output[0]


def declare(model: onnx.ModelProto, info: ModelInfo) -> None:
    """Write the input, the outputs in forward order, the opset and the ModelInfo of a stored network."""
    graph = model.graph
    graph.name, graph.doc_string = info.name, ""
    del graph.input[:], graph.output[:], graph.value_info[:], model.opset_import[:]
    graph.input.append(_value(INPUT, [1, 3, "height", "width"]))
    graph.output.extend(_value(layer.name, [1, layer.channels, None, None]) for layer in info.layers)
    model.opset_import.append(helper.make_opsetid("", OPSET))
    helper.set_model_props(model, {CARD: info.to_json()})


def _value(name: str, shape: Sequence[int | str | None]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
