"""Layers of Keras -> nodes of ONNX: one rule for each kind of layer.

Tensors turn from (1, height, width, channels) into (1, channels, height, width) by turning the kernels, so that no
transpose is left in the graph. A vector (1, channels) may stay a picture of one point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models.errors import ModelError
from models.layers import Layer, kind, sources

Graph: TypeAlias = onnx.GraphProto
Rule: TypeAlias = Callable[[Graph, Layer, Sequence[str], str], str]
"""Writes what a layer does to the tensors called so into one of the given name, and returns where the result is."""


def convert(graph: Graph, layers: Sequence[Layer], names: Mapping[int, str]) -> None:
    """Write `layers`, in forward order, as nodes and initializers of `graph`.

    `names` holds, by the id of Keras's tensor, what the input and the named outputs are called; other tensors are
    called after their layers. Raises ModelError for a layer without a rule.
    """
    found, taken = dict(names), set(names.values())
    for layer in layers:
        plain = f"{layer.name}/preact" if layer.name in taken else layer.name
        target = names.get(id(layer.output), plain)
        found[id(layer.output)] = _write(graph, layer, [found[id(tensor)] for tensor in sources(layer)], target)


def _write(graph: Graph, layer: Layer, inputs: Sequence[str], target: str) -> str:
    rule = RULES.get(kind(layer))
    if rule is None:
        raise ModelError(f"cannot convert layer '{layer.name}': there is no rule for {kind(layer)}")
    function = getattr(layer, "activation", None)
    name = "linear" if function is None else function.__name__
    if name == "linear":
        return rule(graph, layer, inputs, target)
    return _activate(graph, layer, name, rule(graph, layer, inputs, f"{target}/preact"), target)


def _node(graph: Graph, kind: str, inputs: Sequence[str], target: str, **attributes: Any) -> str:
    graph.node.append(helper.make_node(kind, inputs, [target], name=target, **attributes))
    return target


def _constant(graph: Graph, name: str, values: Any, dtype: Any = np.float32) -> str:
    graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(values, dtype), name))
    return name


def _activate(graph: Graph, layer: Layer, name: str, source: str, target: str) -> str:
    if name == "silu":
        gate = _node(graph, "Sigmoid", [source], f"{target}/gate")
        return _node(graph, "Mul", [source, gate], target)
    if name not in ACTIVATIONS:
        raise ModelError(f"cannot convert layer '{layer.name}': there is no rule for the activation {name}")
    return _node(graph, ACTIVATIONS[name], [source], target)


ACTIVATIONS = {"relu": "Relu", "sigmoid": "Sigmoid", "softmax": "Softmax"}


def _same(_graph: Graph, _layer: Layer, inputs: Sequence[str], _target: str) -> str:
    """What changes nothing, or only the shape of a vector."""
    return inputs[0]


def _reshape(_graph: Graph, layer: Layer, inputs: Sequence[str], _target: str) -> str:
    """A vector as a picture of one point, which it is already."""
    if tuple(layer.target_shape[:-1]) != (1, 1):
        raise ModelError(f"cannot convert layer '{layer.name}': there is no rule for the shape {layer.target_shape}")
    return inputs[0]


def _relu(graph: Graph, layer: Layer, inputs: Sequence[str], target: str) -> str:
    if layer.max_value is None:
        return _node(graph, "Relu", inputs, target)
    limits = [_constant(graph, f"{layer.name}_{end}", value) for end, value in (("low", 0), ("high", layer.max_value))]
    return _node(graph, "Clip", [*inputs, *limits], target)


def _convolution(graph: Graph, layer: Layer, inputs: Sequence[str], target: str) -> str:
    """A kernel (kh, kw, in, out); a depthwise one is (kh, kw, channels, multiplier)."""
    kernel, *bias = layer.get_weights()
    if kind(layer) == "DepthwiseConv2D":
        groups = kernel.shape[2]
        kernel = kernel.reshape(*kernel.shape[:2], 1, -1)
    else:
        groups = layer.groups
    weights = [
        _constant(graph, f"{layer.name}_W", kernel.transpose(3, 2, 0, 1)),
        _constant(graph, f"{layer.name}_b", bias[0] if bias else np.zeros(kernel.shape[3])),
    ]
    window = _window(layer, layer.kernel_size, layer.dilation_rate)
    return _node(graph, "Conv", [*inputs, *weights], target, group=groups, **window)


def _pool(graph: Graph, layer: Layer, inputs: Sequence[str], target: str) -> str:
    op_type = "MaxPool" if kind(layer) == "MaxPooling2D" else "AveragePool"
    return _node(graph, op_type, inputs, target, **_window(layer, layer.pool_size, (1, 1)))


def _window(layer: Layer, size: Sequence[int], dilations: Sequence[int]) -> dict[str, Any]:
    """The attributes of a sliding window; 'same' pads as for a picture whose sides are multiples of the stride."""
    totals = [0, 0]
    if layer.padding == "same":
        totals = [
            max((side - 1) * dilation + 1 - stride, 0)
            for side, dilation, stride in zip(size, dilations, layer.strides, strict=True)
        ]
    pads = [total // 2 for total in totals] + [total - total // 2 for total in totals]
    attributes = {"kernel_shape": list(size), "strides": list(layer.strides), "pads": pads}
    return attributes | ({"dilations": list(dilations)} if max(dilations) > 1 else {})


def _padding(graph: Graph, layer: Layer, inputs: Sequence[str], target: str) -> str:
    (top, bottom), (left, right) = layer.padding
    pads = _constant(graph, f"{layer.name}_pads", [0, 0, top, left, 0, 0, bottom, right], np.int64)
    return _node(graph, "Pad", [*inputs, pads], target)


def _batch_norm(graph: Graph, layer: Layer, inputs: Sequence[str], target: str) -> str:
    mean, variance = (np.asarray(array) for array in (layer.moving_mean, layer.moving_variance))
    gamma = np.ones_like(mean) if layer.gamma is None else layer.gamma
    beta = np.zeros_like(mean) if layer.beta is None else layer.beta
    arrays = {"gamma": gamma, "beta": beta, "mean": mean, "var": variance}
    weights = [_constant(graph, f"{layer.name}_{name}", values) for name, values in arrays.items()]
    return _node(graph, "BatchNormalization", [*inputs, *weights], target, epsilon=layer.epsilon)


def _rescaling(graph: Graph, layer: Layer, inputs: Sequence[str], target: str) -> str:
    return _affine(graph, layer, inputs, target, np.asarray(layer.scale), np.asarray(layer.offset))


def _normalization(graph: Graph, layer: Layer, inputs: Sequence[str], target: str) -> str:
    mean, variance = (np.asarray(array, np.float64).ravel() for array in (layer.mean, layer.variance))
    scale = 1 / np.maximum(np.sqrt(variance), 1e-7)  # Keras's epsilon
    return _affine(graph, layer, inputs, target, scale, -mean * scale)


def _affine(
    graph: Graph, layer: Layer, inputs: Sequence[str], target: str, scale: NDArray[Any], offset: NDArray[Any]
) -> str:
    """A scale and an offset, each one number or one for each channel."""
    factor = _constant(graph, f"{layer.name}_scale", scale.reshape(1, -1, 1, 1))
    scaled = _node(graph, "Mul", [*inputs, factor], f"{target}/scaled")
    return _node(graph, "Add", [scaled, _constant(graph, f"{layer.name}_offset", offset.reshape(1, -1, 1, 1))], target)


def _dense(graph: Graph, layer: Layer, inputs: Sequence[str], target: str) -> str:
    kernel, bias = layer.get_weights()
    weights = [_constant(graph, f"{layer.name}_W", _rows(layer, kernel)), _constant(graph, f"{layer.name}_b", bias)]
    return _node(graph, "Gemm", [_node(graph, "Flatten", inputs, f"{target}/flat"), *weights], target)


def _rows(layer: Layer, kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """The kernel (in, out) for a picture that is flattened channel by channel; Keras does it point by point."""
    maker = layer.input._keras_history.operation
    if kind(maker) != "Flatten":
        return kernel
    return kernel.reshape(*maker.input.shape[1:], -1).transpose(2, 0, 1, 3).reshape(kernel.shape)


def _op(op_type: str, **attributes: Any) -> Rule:
    """The rule for a layer that is one node without weights."""
    return lambda graph, _layer, inputs, target: _node(graph, op_type, inputs, target, **attributes)


RULES: dict[str, Rule] = {
    "Activation": _same,
    "Dropout": _same,
    "Flatten": _same,
    "Reshape": _reshape,
    "ReLU": _relu,
    "Conv2D": _convolution,
    "DepthwiseConv2D": _convolution,
    "Dense": _dense,
    "BatchNormalization": _batch_norm,
    "Rescaling": _rescaling,
    "Normalization": _normalization,
    "MaxPooling2D": _pool,
    "AveragePooling2D": _pool,
    "ZeroPadding2D": _padding,
    "GlobalAveragePooling2D": _op("GlobalAveragePool"),
    "Add": _op("Add"),
    "Multiply": _op("Mul"),
    "Concatenate": _op("Concat", axis=1),
}
