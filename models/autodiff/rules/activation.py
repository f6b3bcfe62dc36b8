"""Gradients of activations.

They look at the output rather than at the input where they can: ONNX Runtime fuses a convolution with its
activation only when nobody else reads what lies between.
"""

from __future__ import annotations

import math

from onnx import TensorProto, numpy_helper

from models.autodiff.rules.step import NodeGradient, Rule, times

STEEP = 1e30
"""The slope of a ramp from 0 to 1 that no activation above 0 can be caught on."""


def keep(step: NodeGradient, condition: str, grad: str) -> str:
    """`grad` where `condition` holds, 0 elsewhere; a product takes two thirds of the time of Where on a CPU."""
    return step.op("Mul", grad, step.op("Cast", condition, to=step.kind))


def positive(step: NodeGradient, tensor: str) -> str:
    """Where a tensor is above 0."""
    return step.op("Greater", tensor, step.number(0.0))


def rectified(step: NodeGradient, active: str, other: str | None = None) -> str:
    """The three ways past a rectifier: `active` says where it is on, `other` is the plain gradient where it is off."""
    if step.backprop_rule == "deconv":
        return step.op("Relu", step.grad)
    if step.backprop_rule == "guided":
        return keep(step, active, step.op("Relu", step.grad))
    return keep(step, active, step.grad) if other is None else step.op("Where", active, step.grad, other)


def _relu(step: NodeGradient) -> str:
    """Float32 is masked by a steep HardSigmoid, which needs no Cast.

    It is among the few operators that ONNX Runtime computes in the layout of its convolutions: a quarter of the time
    goes that a dream step spends outside of them on a CPU.
    """
    if step.kind != TensorProto.FLOAT or step.backprop_rule == "deconv":
        return rectified(step, positive(step, step.result))
    grad = step.op("Relu", step.grad) if step.backprop_rule == "guided" else step.grad
    return step.op("Mul", grad, step.op("HardSigmoid", step.result, alpha=STEEP, beta=0.0))


def _leaky_relu(step: NodeGradient) -> str:
    slope = step.attribute("alpha", 0.01)
    sign = step.result if slope >= 0 else step.input(0)
    return rectified(step, positive(step, sign), times(step, step.number(slope)))


def _prelu(step: NodeGradient) -> str:
    return rectified(step, positive(step, step.input(0)), times(step, step.input(1)))


def _thresholded_relu(step: NodeGradient) -> str:
    return rectified(step, step.op("Greater", step.input(0), step.number(step.attribute("alpha", 1.0))))


def _clip(step: NodeGradient) -> str:
    """A clip at 0 and above, such as ReLU6, is a rectifier and takes part in its variants."""
    inside = None
    for bound, comparison in ((step.input(1), "Greater"), (step.input(2), "Less")):
        if bound:
            here = step.op(comparison, step.result, bound)
            inside = here if inside is None else step.op("And", inside, here)
    if inside is None:
        return step.grad
    return rectified(step, inside) if _from_zero(step) else keep(step, inside, step.grad)


def _from_zero(step: NodeGradient) -> bool:
    lowest = step.constants.get(step.input(1))
    return lowest is not None and not numpy_helper.to_array(lowest).any()


def _sigmoid(step: NodeGradient) -> str:
    y = step.result
    return times(step, step.op("Mul", y, step.op("Sub", step.number(1.0), y)))


def _hard_sigmoid(step: NodeGradient) -> str:
    y = step.result
    inside = step.op("And", positive(step, y), step.op("Less", y, step.number(1.0)))
    return keep(step, inside, times(step, step.number(step.attribute("alpha", 0.2))))


def _hard_swish(step: NodeGradient) -> str:
    """The slope of x clip(x/6 + 1/2, 0, 1) is x/3 + 1/2 between -3 and 3, 0 before and 1 after."""
    x = step.input(0)
    slope = step.op("Add", step.op("Div", x, step.number(3.0)), step.number(0.5))
    bent = keep(step, step.op("Greater", x, step.number(-3.0)), times(step, slope))
    return step.op("Where", step.op("Less", x, step.number(3.0)), bent, step.grad)


def _swish(step: NodeGradient) -> str:
    """Where s is the sigmoid of alpha x: s + alpha y (1 - s)."""
    alpha = step.number(step.attribute("alpha", 1.0))
    gate = step.op("Sigmoid", step.op("Mul", step.input(0), alpha))
    bend = step.op("Mul", step.op("Mul", step.result, alpha), step.op("Sub", step.number(1.0), gate))
    return times(step, step.op("Add", gate, bend))


def _mish(step: NodeGradient) -> str:
    """Where t is tanh(softplus(x)): t + x sigmoid(x) (1 - t**2)."""
    x = step.input(0)
    gate = step.op("Tanh", step.op("Softplus", x))
    bend = step.op("Mul", step.op("Mul", x, step.op("Sigmoid", x)), _one_less_square(step, gate))
    return times(step, step.op("Add", gate, bend))


def _gelu(step: NodeGradient) -> str:
    """Of x P(x), where P is the normal distribution or tanh's approximation of it, the slope is P(x) + x P'(x)."""
    x, half = step.input(0), step.number(0.5)
    square = step.op("Mul", x, x)
    if step.attribute("approximate", b"none") == b"tanh":
        root = math.sqrt(2.0 / math.pi)
        cubic = step.op("Add", step.op("Mul", square, step.number(0.044715 * root)), step.number(root))
        bent = step.op("Tanh", step.op("Mul", x, cubic))
        slope = step.op("Add", step.op("Mul", square, step.number(3.0 * 0.044715 * root)), step.number(root))
        density = step.op("Mul", half, step.op("Mul", _one_less_square(step, bent), slope))
    else:
        bent = step.op("Erf", step.op("Mul", x, step.number(math.sqrt(0.5))))
        bell = step.op("Exp", step.op("Mul", square, step.number(-0.5)))
        density = step.op("Mul", bell, step.number(1.0 / math.sqrt(2.0 * math.pi)))
    share = step.op("Mul", half, step.op("Add", bent, step.number(1.0)))
    return times(step, step.op("Add", share, step.op("Mul", x, density)))


def _tanh(step: NodeGradient) -> str:
    return times(step, _one_less_square(step, step.result))


def _one_less_square(step: NodeGradient, tensor: str) -> str:
    """The slope of a tanh whose output is known."""
    return step.op("Sub", step.number(1.0), step.op("Mul", tensor, tensor))


def _softsign(step: NodeGradient) -> str:
    """The slope 1 / (1 + |x|)**2 is (1 - |y|)**2."""
    rest = step.op("Sub", step.number(1.0), step.op("Abs", step.result))
    return times(step, step.op("Mul", rest, rest))


def _elu(step: NodeGradient) -> str:
    alpha = step.attribute("alpha", 1.0)
    below = times(step, step.op("Add", step.result, step.number(alpha)))
    sign = step.result if alpha >= 0 else step.input(0)
    return step.op("Where", positive(step, sign), step.grad, below)


def _selu(step: NodeGradient) -> str:
    """Gamma x above 0, gamma alpha (exp(x) - 1) below."""
    alpha, gamma = (
        step.attribute("alpha", 1.67326319217681884765625),
        step.attribute("gamma", 1.05070102214813232421875),
    )
    below = times(step, step.op("Add", step.result, step.number(alpha * gamma)))
    return step.op("Where", positive(step, step.input(0)), times(step, step.number(gamma)), below)


def _celu(step: NodeGradient) -> str:
    """Below 0 the output is alpha (exp(x / alpha) - 1)."""
    alpha = step.number(step.attribute("alpha", 1.0))
    below = times(step, step.op("Add", step.op("Div", step.result, alpha), step.number(1.0)))
    return step.op("Where", positive(step, step.result), step.grad, below)


def _softplus(step: NodeGradient) -> str:
    return times(step, step.op("Sigmoid", step.input(0)))


def _softmax(step: NodeGradient) -> str:
    y, axis = step.result, step.ints(step.attribute("axis", -1))
    mean = step.op("ReduceSum", times(step, y), axis, keepdims=1)
    return step.op("Mul", step.op("Sub", step.grad, mean), y)


def _log_softmax(step: NodeGradient) -> str:
    total = step.op("ReduceSum", step.grad, step.ints(step.attribute("axis", -1)), keepdims=1)
    return step.op("Sub", step.grad, step.op("Mul", step.op("Exp", step.result), total))


RULES: dict[str, Rule] = {
    "Celu": _celu,
    "Clip": _clip,
    "Elu": _elu,
    "Gelu": _gelu,
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _hard_swish,
    "LeakyRelu": _leaky_relu,
    "LogSoftmax": _log_softmax,
    "Mish": _mish,
    "PRelu": _prelu,
    "Relu": _relu,
    "Selu": _selu,
    "Sigmoid": _sigmoid,
    "Softmax": _softmax,
    "Softplus": _softplus,
    "Softsign": _softsign,
    "Swish": _swish,
    "Tanh": _tanh,
    "ThresholdedRelu": _thresholded_relu,
}
