"""The context of a gradient rule: the node, the gradients of its outputs, and what the rule writes with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import onnx
from onnx import TensorProto, helper, numpy_helper

from models.autodiff.backprop_rule import BackpropRule
from models.errors import ModelError
from models.graph.builder import FLOAT, GraphBuilder, TensorInfo, attributes

LEVELS = (TensorProto.UINT8, TensorProto.INT8, TensorProto.UINT16, TensorProto.INT16)
"""The types of quantized tensors, through which a gradient passes as if nothing was rounded."""


class NoGradientError(ModelError):
    """No gradient passes `node`; the message gives the reason, and the caller adds what to do."""

    def __init__(self, reason: str, node: onnx.NodeProto) -> None:
        super().__init__(reason)
        self.node = node


@dataclass(frozen=True, slots=True)
class NodeGradient:
    """A node of the forward graph, the gradients of its outputs, and the index of the input to differentiate.

    `grads` has one name for each output, or None for an output that the objective does not depend on.
    """

    builder: GraphBuilder
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
            raise self.requires("a gradient for its first output")
        return grad

    @property
    def wrt(self) -> str:
        """The input with respect to which the rule differentiates."""
        return str(self.node.input[self.index])

    @property
    def output(self) -> str:
        """The first output."""
        return str(self.node.output[0])

    @property
    def elem_type(self) -> int:
        """The ONNX element type of the gradient of the first output: that of the output, or float for levels."""
        if self.output not in self.tensors:
            raise self.requires(f"an output of known type, '{self.output}' has none")
        return FLOAT if self._is_levels(self.output) else self.tensors[self.output].elem_type

    def _is_levels(self, tensor: str) -> bool:
        return self.tensors[tensor].elem_type in LEVELS

    def value(self, tensor: str) -> str:
        """A tensor of the forward graph with the type of its gradient."""
        return self.op("Cast", tensor, to=FLOAT) if self._is_levels(tensor) else tensor

    def input(self, index: int) -> str:
        """The input at `index`, or "" where it was left out."""
        return self.node.input[index] if index < len(self.node.input) else ""

    def attribute(self, name: str, default: Any) -> Any:
        """An attribute of the node."""
        return attributes(self.node).get(name, default)

    def attributes(self, *names: str) -> dict[str, Any]:
        """Those of the named attributes that the node has, to pass on."""
        present = attributes(self.node)
        return {name: present[name] for name in names if name in present}

    def op(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        """Write a node and return the name of its output."""
        return self.builder.op(op_type, *inputs, **attributes)

    def scalar(self, value: float) -> str:
        """A scalar of the gradient's type."""
        return self.builder.scalar(value, self.elem_type)

    def ints(self, *values: int) -> str:
        """An int64 vector."""
        return self.builder.ints(*values)

    def dims(self, tensor: str) -> tuple[int | None, ...]:
        """The sizes of a tensor of the forward graph, None where they are dynamic; its rank must be known."""
        if tensor not in self.tensors:
            raise self.requires(f"an input of known rank, '{tensor}' has none")
        return self.tensors[tensor].dims

    def sizes(self, tensor: str) -> tuple[int, ...] | None:
        """The sizes of a tensor of the forward graph when all are static."""
        return static_sizes(self.dims(tensor)) if tensor in self.tensors else None

    def shape(self, tensor: str) -> str:
        """The sizes of any tensor as an int64 vector: a constant when they are static, else computed at run time."""
        sizes = self.sizes(tensor)
        return self.op("Shape", tensor) if sizes is None else self.ints(*sizes)

    def size(self, tensor: str, axis: int) -> str:
        """One size of a tensor as an int64 vector of one element."""
        static = self.dims(tensor)[axis] if tensor in self.tensors else None
        if static is not None:
            return self.ints(static)
        return self.op("Gather", self.op("Shape", tensor), self.ints(axis))

    def length(self, tensor: str, axis: int) -> str:
        """One size of a tensor as an int64 scalar."""
        return self.op("Squeeze", self.size(tensor, axis), self.ints(0))

    def constant_ints(self, index: int) -> list[int] | None:
        """The integers of a constant input, or None where it was left out; an error when they are computed."""
        name = self.input(index)
        if not name:
            return None
        if name not in self.constants:
            raise self.requires(f"constant values in input {index}, but '{name}' is computed")
        return [int(value) for value in numpy_helper.to_array(self.constants[name]).ravel()]

    def axis(self, tensor: str, default: int) -> int:
        """The attribute "axis", counted from the front."""
        axis = int(self.attribute("axis", default))
        return axis if axis >= 0 else axis + len(self.dims(tensor))

    def requires(self, expected: str) -> NoGradientError:
        """The error that says what the rule of this node requires."""
        name = self.node.name or self.output
        return NoGradientError(f"the gradient of {self.node.op_type} '{name}' needs {expected}", self.node)


GradientRule: TypeAlias = Callable[[NodeGradient], str]
"""Write the gradient of the input `wrt` and return its name."""


def chain(ctx: NodeGradient, derivative: str) -> str:
    """The chain rule: the gradient of the output times an elementwise derivative."""
    return ctx.op("Mul", ctx.grad, derivative)


def static_sizes(dims: tuple[int | None, ...]) -> tuple[int, ...] | None:
    """The sizes when every one is static."""
    sizes = tuple(dim for dim in dims if dim is not None)
    return sizes if len(sizes) == len(dims) else None


def unbroadcast(ctx: NodeGradient, grad: str, dims: tuple[int, ...] | None = None) -> str:
    """Sum `grad` over the axes along which the input was broadcast; `dims` are the sizes of `grad` when static."""
    sizes = ctx.sizes(ctx.wrt)
    if dims is None or sizes is None:
        return _unbroadcast_at_run_time(ctx, grad)
    if dims == sizes:
        return grad
    padded = (1,) * (len(dims) - len(sizes)) + sizes
    axes = [axis for axis, (have, want) in enumerate(zip(dims, padded, strict=True)) if have != want]
    if axes:
        grad = ctx.op("ReduceSum", grad, ctx.ints(*axes), keepdims=1)
    return grad if padded == sizes else ctx.op("Reshape", grad, ctx.ints(*sizes))


def _unbroadcast_at_run_time(ctx: NodeGradient, grad: str) -> str:
    shape, target = ctx.op("Shape", grad), ctx.op("Shape", ctx.wrt)
    missing = ctx.op("Sub", ctx.op("Shape", shape), ctx.op("Shape", target))
    ones = ctx.op("ConstantOfShape", missing, value=helper.make_tensor("one", onnx.TensorProto.INT64, [1], [1]))
    repeated = ctx.op("Not", ctx.op("Equal", shape, ctx.op("Concat", ones, target, axis=0)))
    axes = ctx.op("Reshape", ctx.op("NonZero", repeated), ctx.ints(-1))
    return ctx.op("Reshape", ctx.op("ReduceSum", grad, axes, keepdims=1, noop_with_empty_axes=1), target)
