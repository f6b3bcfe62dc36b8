"""Work out the whole numbers in a graph that say shapes, so that no shape is computed while it runs.

A network exported from PyTorch flattens by Shape, Gather, Concat and Reshape. Evaluated for two sizes of picture,
what is the same in both is a constant, and one number that differs is what Reshape calls -1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models.graph.builder import ancestors, attributes, replace_nodes
from models.importing.analysis.infer_shapes import TensorTypes

Array: TypeAlias = NDArray[Any]
Values: TypeAlias = dict[str, Array]
Attributes: TypeAlias = dict[str, Any]

MOST = 256
"""Numbers of a tensor that says a shape."""


def makers(graph: onnx.GraphProto, tensors: Sequence[str]) -> set[str]:
    """The tensors that `tensors` depend on, themselves included."""
    return {name for node in ancestors(graph, tensors) for name in node.output}


def fold_shapes(graph: onnx.GraphProto, sizes: Sequence[TensorTypes], spare: Collection[str] = ()) -> None:
    """Put constants in place of the numbers that are the same in all `sizes`, the tensors of one or two of them.

    The tensors in `spare` are left as they are.
    """
    evaluated = [_evaluate(graph, tensors) for tensors in sizes]
    free = evaluated[0].keys() - set(spare)
    found = {name: values for name in sorted(free) if (values := _agreed(name, evaluated)) is not None}
    held = {tensor.name for tensor in graph.initializer}
    made = {name for node in graph.node for name in node.output}
    for node in graph.node:
        if node.op_type == "Reshape" and node.input[1] in made and node.input[1] not in found:
            _settle_reshape(graph, node, evaluated)
    replace_nodes(graph, [node for node in graph.node if not found.keys() >= set(node.output)])
    read = {name for node in graph.node for name in node.input}
    for name in sorted(found.keys() & read - held):
        graph.initializer.append(numpy_helper.from_array(found[name], name))


def _agreed(name: str, evaluated: Sequence[Values]) -> Array | None:
    first = evaluated[0][name]
    same = all(name in values and np.array_equal(values[name], first) for values in evaluated)
    return first if same else None


def _settle_reshape(graph: onnx.GraphProto, node: onnx.NodeProto, evaluated: Sequence[Values]) -> None:
    shapes = [values.get(node.input[1]) for values in evaluated]
    if any(shape is None for shape in shapes):
        return
    first, last = (np.asarray(shape) for shape in (shapes[0], shapes[-1]))
    if first.shape == last.shape and np.count_nonzero(first != last) == 1 and (first > 0).all():
        name = f"{node.output[0]}/shape"
        graph.initializer.append(numpy_helper.from_array(np.where(first == last, first, -1), name))
        node.input[1] = name


def _evaluate(graph: onnx.GraphProto, tensors: TensorTypes) -> Values:
    """The values of the small tensors that depend on shapes and constants alone."""
    values = {
        tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer if math.prod(tensor.dims) <= MOST
    }
    held = set(values)
    for node in graph.node:
        result = _shape(node, tensors) if node.op_type in ("Shape", "Size") else _result(node, values)
        if result is not None and result.size <= MOST:
            values[node.output[0]] = result
    return {name: value for name, value in values.items() if name not in held}


def _shape(node: onnx.NodeProto, tensors: TensorTypes) -> Array | None:
    tensor, facts = tensors.get(node.input[0]), attributes(node)
    if tensor is None or tensor.dims is None:
        return None
    if node.op_type == "Size":
        return np.array(tensor.count, np.int64)
    return np.array(tensor.dims[facts.get("start", 0) : facts.get("end")], np.int64)


def _result(node: onnx.NodeProto, values: Values) -> Array | None:
    rule = RULES.get(node.op_type)
    if rule is None or not all(name in values for name in node.input if name):
        return None
    try:
        with np.errstate(all="ignore"):
            result = rule(attributes(node), *(values[name] for name in node.input if name))
        return np.asarray(result, _kind(node, values))
    except (TypeError, ValueError, IndexError, KeyError, OverflowError, ZeroDivisionError, MemoryError):
        return None  # what cannot be evaluated stays as it is


def _kind(node: onnx.NodeProto, values: Values) -> Any:
    """The element type of a result: that of what went in, unless the operator says otherwise."""
    match node.op_type:
        case "Cast":
            return helper.tensor_dtype_to_np_dtype(attributes(node)["to"])
        case "Equal":
            return np.bool_
        case "Where":
            return values[node.input[1]].dtype
        case "ConstantOfShape":
            return None
    return values[node.input[0]].dtype


def _slice(attributes: Attributes, data: Array, starts: Array, ends: Array, *more: Array) -> Array:
    axes = more[0] if more else range(len(starts))
    steps = more[1] if len(more) > 1 else [1] * len(starts)
    cut = [slice(None)] * data.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        cut[int(axis)] = slice(int(start), None if step < 0 and end < -data.shape[axis] else int(end), int(step))
    return data[tuple(cut)]


def _filled(attributes: Attributes, shape: Array) -> Array:
    if math.prod(int(size) for size in shape) > MOST:
        raise ValueError("more than says a shape")
    value = numpy_helper.to_array(attributes["value"]) if "value" in attributes else np.zeros(1, np.float32)
    return np.full(shape, value[0])


def _divide(attributes: Attributes, a: Array, b: Array) -> Array:
    """Whole numbers are cut off towards zero; a division by nothing stays for others to refuse."""
    if not np.all(b):
        raise ZeroDivisionError
    return np.trunc(np.true_divide(a, b)) if np.issubdtype(a.dtype, np.integer) else np.divide(a, b)


RULES: dict[str, Callable[..., Any]] = {
    "Gather": lambda attributes, data, indices: np.take(data, indices, axis=attributes.get("axis", 0)),
    "Concat": lambda attributes, *parts: np.concatenate(parts, axis=attributes["axis"]),
    "Slice": _slice,
    "Unsqueeze": lambda attributes, data, axes: np.expand_dims(data, tuple(int(axis) for axis in axes)),
    "Squeeze": lambda attributes, data, axes=None: np.squeeze(data, None if axes is None else tuple(map(int, axes))),
    "Reshape": lambda attributes, data, shape: data.reshape([int(size) for size in shape]),
    "Cast": lambda attributes, data: data,
    "Add": lambda attributes, a, b: a + b,
    "Sub": lambda attributes, a, b: a - b,
    "Mul": lambda attributes, a, b: a * b,
    "Div": _divide,
    "Floor": lambda attributes, data: np.floor(data),
    "Ceil": lambda attributes, data: np.ceil(data),
    "ReduceProd": lambda attributes, data, axes=None: np.prod(data, keepdims=bool(attributes.get("keepdims", 1))),
    "ConstantOfShape": _filled,
    "Equal": lambda attributes, a, b: a == b,
    "Where": lambda attributes, condition, a, b: np.where(condition, a, b),
}
"""How the operators that compute shapes do it."""
