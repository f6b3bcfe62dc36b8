"""One step of the reverse walk: all that a rule may look at, and the verbs that it writes with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import onnx
from onnx import helper, numpy_helper

from models.autodiff.backprop_rule import BackpropRule
from models.errors import ModelError
from models.graph.builder import GraphBuilder, TensorInfo, attributes


@dataclass(frozen=True, slots=True)
class NodeGradient:
    """A node of the forward graph, the gradients of its outputs, and the one input whose gradient is wanted.

    `grads` has one name for each output, or None for an output that the objective does not depend on.
    """

    draft: GraphBuilder
    node: onnx.NodeProto
    index: int
    grads: tuple[str | None, ...]
    tensors: Mapping[str, TensorInfo]
    constants: Mapping[str, onnx.TensorProto]
    backprop_rule: BackpropRule = "plain"

    @property
    def grad(self) -> str:
        """The gradient of the first output."""
        grad = self.grads[0]
        if grad is None:
            raise self.refusal("a gradient for its first output")
        return grad

    @property
    def wanted(self) -> str:
        """The input whose gradient is wanted."""
        return str(self.node.input[self.index])

    @property
    def result(self) -> str:
        """The first output."""
        return str(self.node.output[0])

    @property
    def kind(self) -> int:
        """The ONNX element type of the first output, and so of its gradient."""
        if self.result not in self.tensors:
            raise self.refusal(f"an output of known type, '{self.result}' has none")
        return self.tensors[self.result].kind

    def input(self, index: int) -> str:
        """The input at `index`, or "" where it was left out."""
        return self.node.input[index] if index < len(self.node.input) else ""

    def attribute(self, name: str, default: Any) -> Any:
        """An attribute of the node."""
        return attributes(self.node).get(name, default)

    def attributes(self, *names: str) -> dict[str, Any]:
        """Those of the named attributes that the node has, to hand on."""
        found = attributes(self.node)
        return {name: found[name] for name in names if name in found}

    def op(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        """Write a node and return the name of its output."""
        return self.draft.op(op_type, *inputs, **attributes)

    def number(self, value: float) -> str:
        """A scalar of the gradient's type."""
        return self.draft.scalar(value, self.kind)

    def ints(self, *values: int) -> str:
        """An int64 vector."""
        return self.draft.ints(*values)

    def dims(self, tensor: str) -> tuple[int | None, ...]:
        """The sizes of a tensor of the forward graph, None where they are not fixed; its rank must be known."""
        if tensor not in self.tensors:
            raise self.refusal(f"an input of known rank, '{tensor}' has none")
        return self.tensors[tensor].dims

    def sizes(self, tensor: str) -> tuple[int, ...] | None:
        """The sizes of a tensor of the forward graph when all are fixed."""
        return fixed(self.dims(tensor)) if tensor in self.tensors else None

    def shape(self, tensor: str) -> str:
        """The sizes of any tensor as an int64 vector: a constant when they are fixed, else taken at run time."""
        sizes = self.sizes(tensor)
        return self.op("Shape", tensor) if sizes is None else self.ints(*sizes)

    def size(self, tensor: str, axis: int) -> str:
        """One size of a tensor as an int64 vector of one."""
        known = self.dims(tensor)[axis] if tensor in self.tensors else None
        if known is not None:
            return self.ints(known)
        return self.op("Gather", self.op("Shape", tensor), self.ints(axis))

    def length(self, tensor: str, axis: int) -> str:
        """One size of a tensor as an int64 scalar."""
        return self.op("Squeeze", self.size(tensor, axis), self.ints(0))

    def values(self, index: int) -> list[int] | None:
        """The integers of a constant input, or None where it was left out; a refusal when they come at run time."""
        name = self.input(index)
        if not name:
            return None
        if name not in self.constants:
            raise self.refusal(f"constant values in input {index}, '{name}' is computed")
        return [int(value) for value in numpy_helper.to_array(self.constants[name]).ravel()]

    def axis(self, tensor: str, default: int) -> int:
        """The attribute "axis", counted from the front."""
        axis = int(self.attribute("axis", default))
        return axis if axis >= 0 else axis + len(self.dims(tensor))

    def refusal(self, expected: str) -> ModelError:
        """The error that says what the rule of this node would need."""
        name = self.node.name or self.result
        return ModelError(f"the gradient of {self.node.op_type} '{name}' needs {expected}; choose a layer before it")


Rule: TypeAlias = Callable[[NodeGradient], str]
"""Write the gradient of the wanted input and return its name."""


def times(step: NodeGradient, factor: str) -> str:
    """The chain rule: the gradient of the output, times the slope."""
    return step.op("Mul", step.grad, factor)


def fixed(dims: tuple[int | None, ...]) -> tuple[int, ...] | None:
    """The sizes when every one is known."""
    sizes = tuple(dim for dim in dims if dim is not None)
    return sizes if len(sizes) == len(dims) else None


def unbroadcast(step: NodeGradient, grad: str, dims: tuple[int, ...] | None = None) -> str:
    """Sum `grad` over the axes along which the wanted input was repeated; `dims` are those of `grad` when known."""
    sizes = step.sizes(step.wanted)
    if dims is None or sizes is None:
        return _unbroadcast_at_run_time(step, grad)
    if dims == sizes:
        return grad
    padded = (1,) * (len(dims) - len(sizes)) + sizes
    axes = [axis for axis, (have, want) in enumerate(zip(dims, padded, strict=True)) if have != want]
    if axes:
        grad = step.op("ReduceSum", grad, step.ints(*axes), keepdims=1)
    return grad if padded == sizes else step.op("Reshape", grad, step.ints(*sizes))


def _unbroadcast_at_run_time(step: NodeGradient, grad: str) -> str:
    shape, want = step.op("Shape", grad), step.op("Shape", step.wanted)
    missing = step.op("Sub", step.op("Shape", shape), step.op("Shape", want))
    ones = step.op("ConstantOfShape", missing, value=helper.make_tensor("one", onnx.TensorProto.INT64, [1], [1]))
    repeated = step.op("Not", step.op("Equal", shape, step.op("Concat", ones, want, axis=0)))
    axes = step.op("Reshape", step.op("NonZero", repeated), step.ints(-1))
    return step.op("Reshape", step.op("ReduceSum", grad, axes, keepdims=1, noop_with_empty_axes=1), want)
