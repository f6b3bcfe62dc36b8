"""Gradients of operators in 8-bit integers, with respect to levels that are taken for real numbers.

The rounding is ignored (the straight-through estimator, Bengio et al. 2013). Convolutions pass the gradient in integers
too: an ascent needs its direction only.
"""

import math

import onnx
from onnx import TensorProto, numpy_helper

from models.autodiff.rules.average_pooling import RULES as AVERAGE_POOLING
from models.autodiff.rules.convolution import adjoint_kernel, adjoint_pads, strided_convolution
from models.autodiff.rules.node_gradient import GradientRule, NodeGradient, chain
from models.graph.run_time_scales import SIGNED, add_levels, has_limit, new_scale

LARGEST = 127.0  # of an int8 weight
TINY = 1e-20  # instead of zero as a scale


def _dequantize(ctx: NodeGradient) -> str:
    return chain(ctx, _by_channel(ctx, ctx.input(1)))


def _quantize(ctx: NodeGradient) -> str:
    return ctx.op("Div", ctx.grad, _by_channel(ctx, ctx.input(1)))


def _by_channel(ctx: NodeGradient, scale: str) -> str:
    """A scale for all, or one for each channel, in a shape that fits the tensor."""
    sizes = ctx.sizes(scale)
    if not sizes or sizes == (1,):
        return scale
    return ctx.op("Reshape", scale, ctx.ints(1, -1, *(1 for _ in ctx.dims(ctx.output)[2:])))


def _convolution(ctx: NodeGradient) -> str:
    """A convolution of the levels of the gradient, with the adjoint kernel in integers; with strides, in floats."""
    kernel, pads = _float_kernel(ctx), adjoint_pads(ctx, 3)
    if pads is None:
        grad = chain(ctx, _ratio(ctx, 1, 6))
        return strided_convolution(ctx, _masked(ctx, grad), kernel, 3)
    levels, scale, base = _levels(ctx, ctx.grad)
    ratio, adjoint = _ratio(ctx, 1, 6), adjoint_kernel(ctx, kernel, 3)
    scale, base = ctx.op("Mul", scale, ratio), ctx.op("Mul", ctx.op("Mul", base, ratio), _norm(ctx, adjoint))
    integers, kernel_scales = _integers(ctx, adjoint)
    factor = new_scale(ctx.builder.model, f"gradient of {ctx.input(3)}", SIGNED)
    result = ctx.op("Mul", factor, base)
    zero, kernel_zero = ctx.builder.scalar(SIGNED, TensorProto.UINT8), ctx.builder.scalar(0, TensorProto.INT8)
    operands = (_masked_levels(ctx, levels), scale, zero, integers, kernel_scales, kernel_zero, result, zero)
    output = ctx.op("QLinearConv", *operands, pads=pads, **ctx.attributes("dilations", "group"))
    add_levels(ctx.builder.model, factor, [output])
    return ctx.op("DequantizeLinear", output, result, zero)


def _float_kernel(ctx: NodeGradient) -> str:
    """The kernel (M, C / groups, h, w) that computes levels from levels, but for the scales of both."""
    scales = ctx.op("Reshape", ctx.input(4), ctx.ints(-1, *(1 for _ in ctx.dims(ctx.input(3))[1:])))
    return ctx.op("Mul", ctx.op("Cast", ctx.input(3), to=TensorProto.FLOAT), scales)


def _integers(ctx: NodeGradient, kernel: str) -> tuple[str, str]:
    """A kernel as integers, and the scale of each output channel; ONNX Runtime computes them when a session opens."""
    axes = ctx.ints(*range(1, len(ctx.dims(ctx.input(3)))))
    largest = ctx.op("ReduceMax", ctx.op("Abs", kernel), axes, keepdims=1)
    scales = ctx.op("Max", ctx.op("Div", largest, ctx.scalar(LARGEST)), ctx.scalar(TINY))
    integers = ctx.op("Cast", ctx.op("Round", ctx.op("Div", kernel, scales)), to=TensorProto.INT8)
    return integers, ctx.op("Reshape", scales, ctx.ints(-1))


def _norm(ctx: NodeGradient, kernel: str) -> str:
    """The root mean square of the norms of the output channels, by which the deviation of noise grows."""
    channels = ctx.dims(ctx.input(0))[1] or 1
    return ctx.op("Div", ctx.op("ReduceL2", kernel, keepdims=0), ctx.scalar(math.sqrt(channels)))


def _ratio(ctx: NodeGradient, numerator: int, denominator: int) -> str:
    """The scale of an input over that of the output."""
    return ctx.op("Div", ctx.input(numerator), ctx.input(denominator))


def _levels(ctx: NodeGradient, grad: str) -> tuple[str, str, str]:
    """A gradient as levels around SIGNED, their scale, and its base; the levels of a convolution are taken as they are.

    A base is what a scale would be if every convolution changed its gradient as it changes noise. The scales that are
    found at run time are factors of it: so none depends on the size of the objective, nor on the factors before it.
    """
    made = _maker(ctx, grad)
    if made is not None and made.op_type == "DequantizeLinear" and (scale := _maker(ctx, made.input[1])) is not None:
        return made.input[0], made.input[1], scale.input[1]
    largest = ctx.op("Max", ctx.op("ReduceMax", ctx.op("Abs", grad), keepdims=0), ctx.scalar(TINY))
    base = ctx.op("Div", largest, ctx.scalar(LARGEST))
    return ctx.op("QuantizeLinear", grad, base, ctx.builder.scalar(SIGNED, TensorProto.UINT8)), base, base


def _maker(ctx: NodeGradient, tensor: str) -> onnx.NodeProto | None:
    """The node that computes a tensor."""
    return next((node for node in reversed(ctx.builder.model.graph.node) if tensor in node.output), None)


def _is_rectified(ctx: NodeGradient) -> bool:
    """Whether the operator has a ReLU in it: levels that begin at 0 leave no room for negative values."""
    zero = ctx.constants.get(ctx.input(7))
    return zero is not None and not numpy_helper.to_array(zero).any()


def _active(ctx: NodeGradient) -> str:
    """Where the ReLU is on, and below its limit where it has one, which is the last level."""
    active = ctx.op("Cast", ctx.output, to=TensorProto.BOOL)
    if not has_limit(ctx.builder.model, ctx.input(6)):
        return active
    return ctx.op("And", active, ctx.op("Cast", ctx.op("BitwiseNot", ctx.output), to=TensorProto.BOOL))


def _masked_levels(ctx: NodeGradient, levels: str) -> str:
    """The levels of the gradient where the ReLU is on, by the backprop rule."""
    if not _is_rectified(ctx):
        return levels
    zero = ctx.builder.scalar(SIGNED, TensorProto.UINT8)
    if ctx.backprop_rule != "plain":
        levels = ctx.op("Clip", levels, zero)
    return levels if ctx.backprop_rule == "deconv" else ctx.op("Where", _active(ctx), levels, zero)


def _masked(ctx: NodeGradient, grad: str) -> str:
    """The gradient where the ReLU is on, by the backprop rule."""
    if not _is_rectified(ctx):
        return grad
    if ctx.backprop_rule != "plain":
        grad = ctx.op("Relu", grad)
    return grad if ctx.backprop_rule == "deconv" else ctx.op("Where", _active(ctx), grad, ctx.scalar(0.0))


def _addition(ctx: NodeGradient) -> str:
    return _masked(ctx, chain(ctx, _ratio(ctx, ctx.index + 1, 6)))


RULES: dict[str, GradientRule] = {
    "DequantizeLinear": _dequantize,
    "QLinearAdd": _addition,
    "QLinearAveragePool": AVERAGE_POOLING["AveragePool"],
    "QLinearConv": _convolution,
    "QuantizeLinear": _quantize,
}
