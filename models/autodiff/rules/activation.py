"""Gradients of activations.

Where possible they use the output instead of the input: ONNX Runtime fuses a convolution with its activation only when
nothing else reads the tensor between them.
"""

import math

from onnx import TensorProto, numpy_helper

from models.autodiff.rules.node_gradient import GradientRule, NodeGradient, chain

STEEP = 1e30  # with this slope, a HardSigmoid is a step function: 0 at 0, and 1 at every activation above 2e-30


def mask(ctx: NodeGradient, condition: str, grad: str) -> str:
    """`grad` where `condition` holds, else 0; a product takes two thirds of the time of Where on a CPU."""
    return ctx.op("Mul", grad, ctx.op("Cast", condition, to=ctx.elem_type))


def positive(ctx: NodeGradient, tensor: str) -> str:
    """Whether each element of a tensor is above 0."""
    return ctx.op("Greater", tensor, ctx.scalar(0.0))


def relu_rule(ctx: NodeGradient, active: str, other: str | None = None) -> str:
    """Apply the backprop rule: `active` is where the rectifier is on, `other` the plain gradient where it is off."""
    if ctx.backprop_rule == "deconv":
        return ctx.op("Relu", ctx.grad)
    if ctx.backprop_rule == "guided":
        return mask(ctx, active, ctx.op("Relu", ctx.grad))
    return mask(ctx, active, ctx.grad) if other is None else ctx.op("Where", active, ctx.grad, other)


def _relu(ctx: NodeGradient) -> str:
    """Float32 is masked by a steep HardSigmoid, which needs no Cast.

    ONNX Runtime computes it in the layout of its convolutions, as it does few operators: on a CPU this saves a quarter
    of the time that a gradient step spends outside of convolutions. Its `beta` is not 0, which OpenVINO 2025.4 reads as
    if it were missing: 0.5.
    """
    if ctx.elem_type != TensorProto.FLOAT or ctx.backprop_rule == "deconv":
        return relu_rule(ctx, positive(ctx, ctx.output))
    grad = ctx.op("Relu", ctx.grad) if ctx.backprop_rule == "guided" else ctx.grad
    return ctx.op("Mul", grad, ctx.op("HardSigmoid", ctx.output, alpha=STEEP, beta=-1.0))


def _leaky_relu(ctx: NodeGradient) -> str:
    alpha = ctx.attribute("alpha", 0.01)
    sign = ctx.output if alpha >= 0 else ctx.input(0)
    return relu_rule(ctx, positive(ctx, sign), chain(ctx, ctx.scalar(alpha)))


def _thresholded_relu(ctx: NodeGradient) -> str:
    return relu_rule(ctx, ctx.op("Greater", ctx.input(0), ctx.scalar(ctx.attribute("alpha", 1.0))))


def _clip(ctx: NodeGradient) -> str:
    """The backprop rule also applies to a clip from 0, such as ReLU6."""
    inside = None
    for bound, comparison in ((ctx.input(1), "Greater"), (ctx.input(2), "Less")):
        if bound:
            within = ctx.op(comparison, ctx.value(ctx.output), ctx.value(bound))
            inside = within if inside is None else ctx.op("And", inside, within)
    if inside is None:
        return ctx.grad
    low = ctx.constants.get(ctx.input(1))
    from_zero = low is not None and not numpy_helper.to_array(low).any()
    return relu_rule(ctx, inside) if from_zero else mask(ctx, inside, ctx.grad)


def _hard_sigmoid(ctx: NodeGradient) -> str:
    y = ctx.output
    inside = ctx.op("And", positive(ctx, y), ctx.op("Less", y, ctx.scalar(1.0)))
    return mask(ctx, inside, chain(ctx, ctx.scalar(ctx.attribute("alpha", 0.2))))


def _hard_swish(ctx: NodeGradient) -> str:
    """The derivative of x clip(x/6 + 1/2, 0, 1) is x/3 + 1/2 between -3 and 3, 0 below and 1 above."""
    x = ctx.input(0)
    derivative = ctx.op("Add", ctx.op("Div", x, ctx.scalar(3.0)), ctx.scalar(0.5))
    below = mask(ctx, ctx.op("Greater", x, ctx.scalar(-3.0)), chain(ctx, derivative))
    return ctx.op("Where", ctx.op("Less", x, ctx.scalar(3.0)), below, ctx.grad)


def _swish(ctx: NodeGradient) -> str:
    """The derivative is s + alpha y (1 - s), where s is sigmoid(alpha x)."""
    alpha = ctx.scalar(ctx.attribute("alpha", 1.0))
    gate = ctx.op("Sigmoid", ctx.op("Mul", ctx.input(0), alpha))
    bend = ctx.op("Mul", ctx.op("Mul", ctx.output, alpha), ctx.op("Sub", ctx.scalar(1.0), gate))
    return chain(ctx, ctx.op("Add", gate, bend))


def _mish(ctx: NodeGradient) -> str:
    """The derivative is t + x sigmoid(x) (1 - t**2), where t is tanh(softplus(x))."""
    x = ctx.input(0)
    gate = ctx.op("Tanh", ctx.op("Softplus", x))
    bend = ctx.op("Mul", ctx.op("Mul", x, ctx.op("Sigmoid", x)), _tanh_derivative(ctx, gate))
    return chain(ctx, ctx.op("Add", gate, bend))


def _gelu(ctx: NodeGradient) -> str:
    """The derivative of x P(x) is P(x) + x P'(x); P is the normal distribution or its approximation by tanh."""
    x, half = ctx.input(0), ctx.scalar(0.5)
    square = ctx.op("Mul", x, x)
    if ctx.attribute("approximate", b"none") == b"tanh":
        root = math.sqrt(2.0 / math.pi)
        cubic = ctx.op("Add", ctx.op("Mul", square, ctx.scalar(0.044715 * root)), ctx.scalar(root))
        odd = ctx.op("Tanh", ctx.op("Mul", x, cubic))
        inner = ctx.op("Add", ctx.op("Mul", square, ctx.scalar(3.0 * 0.044715 * root)), ctx.scalar(root))
        density = ctx.op("Mul", half, ctx.op("Mul", _tanh_derivative(ctx, odd), inner))
    else:
        odd = ctx.op("Erf", ctx.op("Mul", x, ctx.scalar(math.sqrt(0.5))))
        gaussian = ctx.op("Exp", ctx.op("Mul", square, ctx.scalar(-0.5)))
        density = ctx.op("Mul", gaussian, ctx.scalar(1.0 / math.sqrt(2.0 * math.pi)))
    probability = ctx.op("Mul", half, ctx.op("Add", odd, ctx.scalar(1.0)))
    return chain(ctx, ctx.op("Add", probability, ctx.op("Mul", x, density)))


def _tanh_derivative(ctx: NodeGradient, output: str) -> str:
    """1 - tanh(x)**2."""
    return ctx.op("Sub", ctx.scalar(1.0), ctx.op("Mul", output, output))


def _softsign(ctx: NodeGradient) -> str:
    """The derivative 1 / (1 + |x|)**2 is (1 - |y|)**2."""
    root = ctx.op("Sub", ctx.scalar(1.0), ctx.op("Abs", ctx.output))
    return chain(ctx, ctx.op("Mul", root, root))


def _elu(ctx: NodeGradient) -> str:
    alpha = ctx.attribute("alpha", 1.0)
    below = chain(ctx, ctx.op("Add", ctx.output, ctx.scalar(alpha)))
    sign = ctx.output if alpha >= 0 else ctx.input(0)
    return ctx.op("Where", positive(ctx, sign), ctx.grad, below)


def _selu(ctx: NodeGradient) -> str:
    """The output is gamma x above 0 and gamma alpha (exp(x) - 1) below."""
    alpha = ctx.attribute("alpha", 1.67326319217681884765625)
    gamma = ctx.attribute("gamma", 1.05070102214813232421875)
    below = chain(ctx, ctx.op("Add", ctx.output, ctx.scalar(alpha * gamma)))
    return ctx.op("Where", positive(ctx, ctx.input(0)), chain(ctx, ctx.scalar(gamma)), below)


def _celu(ctx: NodeGradient) -> str:
    """Below 0 the output is alpha (exp(x / alpha) - 1)."""
    alpha = ctx.scalar(ctx.attribute("alpha", 1.0))
    below = chain(ctx, ctx.op("Add", ctx.op("Div", ctx.output, alpha), ctx.scalar(1.0)))
    return ctx.op("Where", positive(ctx, ctx.output), ctx.grad, below)


def _softmax(ctx: NodeGradient) -> str:
    y, axis = ctx.output, ctx.ints(ctx.attribute("axis", -1))
    mean = ctx.op("ReduceSum", chain(ctx, y), axis, keepdims=1)
    return ctx.op("Mul", ctx.op("Sub", ctx.grad, mean), y)


def _log_softmax(ctx: NodeGradient) -> str:
    total = ctx.op("ReduceSum", ctx.grad, ctx.ints(ctx.attribute("axis", -1)), keepdims=1)
    return ctx.op("Sub", ctx.grad, ctx.op("Mul", ctx.op("Exp", ctx.output), total))


RULES: dict[str, GradientRule] = {
    "Celu": _celu,
    "Clip": _clip,
    "Elu": _elu,
    "Gelu": _gelu,
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _hard_swish,
    "LeakyRelu": _leaky_relu,
    "LogSoftmax": _log_softmax,
    "Mish": _mish,
    "PRelu": lambda ctx: relu_rule(ctx, positive(ctx, ctx.input(0)), chain(ctx, ctx.input(1))),
    "Relu": _relu,
    "Selu": _selu,
    "Sigmoid": lambda ctx: chain(ctx, ctx.op("Mul", ctx.output, ctx.op("Sub", ctx.scalar(1.0), ctx.output))),
    "Softmax": _softmax,
    "Softplus": lambda ctx: chain(ctx, ctx.op("Sigmoid", ctx.input(0))),
    "Softsign": _softsign,
    "Swish": _swish,
    "Tanh": lambda ctx: chain(ctx, _tanh_derivative(ctx, ctx.output)),
    "ThresholdedRelu": _thresholded_relu,
}
