"""Gradients of functions of one tensor, number by number.

They look at the output rather than at the input where they can: ONNX Runtime fuses a convolution with its
activation only when nobody else reads what lies between.
"""

from __future__ import annotations

import math

from onnx import TensorProto, numpy_helper

from models.vjp.step import Rule, Step


def times(step: Step, factor: str) -> str:
    """The chain rule."""
    return step.op("Mul", step.grad, factor)


def keep(step: Step, condition: str, grad: str) -> str:
    """`grad` where `condition` holds, 0 elsewhere; a product takes two thirds of the time of Where on a CPU."""
    return step.op("Mul", grad, step.op("Cast", condition, to=step.kind))


def positive(step: Step, tensor: str) -> str:
    """Where a tensor is above 0."""
    return step.op("Greater", tensor, step.number(0.0))


def rectified(step: Step, active: str, other: str | None = None) -> str:
    """The three ways past a rectifier: `active` says where it is on, `other` is the plain gradient where it is off."""
    if step.rectifier == "deconv":
        return step.op("Relu", step.grad)
    if step.rectifier == "guided":
        return keep(step, active, step.op("Relu", step.grad))
    return keep(step, active, step.grad) if other is None else step.op("Where", active, step.grad, other)


STEEP = 1e30
"""The slope of a ramp from 0 to 1 that no activation above 0 can be caught on."""


def _relu(step: Step) -> str:
    """Float32 is masked by a steep HardSigmoid, which needs no Cast.

    It is among the few operators that ONNX Runtime computes in the layout of its convolutions: a quarter of the time
    goes that a dream step spends outside of them on a CPU.
    """
    if step.kind != TensorProto.FLOAT or step.rectifier == "deconv":
        return rectified(step, positive(step, step.result))
    grad = step.op("Relu", step.grad) if step.rectifier == "guided" else step.grad
    return step.op("Mul", grad, step.op("HardSigmoid", step.result, alpha=STEEP, beta=0.0))


def _leaky_relu(step: Step) -> str:
    slope = step.attribute("alpha", 0.01)
    sign = step.result if slope >= 0 else step.input(0)
    return rectified(step, positive(step, sign), times(step, step.number(slope)))


def _prelu(step: Step) -> str:
    return rectified(step, positive(step, step.input(0)), times(step, step.input(1)))


def _clip(step: Step) -> str:
    """A clip at 0 and above, such as ReLU6, is a rectifier and takes part in its variants."""
    inside = None
    for bound, comparison in ((step.input(1), "Greater"), (step.input(2), "Less")):
        if bound:
            here = step.op(comparison, step.result, bound)
            inside = here if inside is None else step.op("And", inside, here)
    if inside is None:
        return step.grad
    return rectified(step, inside) if _from_zero(step) else keep(step, inside, step.grad)


def _from_zero(step: Step) -> bool:
    lowest = step.constants.get(step.input(1))
    return lowest is not None and not numpy_helper.to_array(lowest).any()


def _sigmoid(step: Step) -> str:
    y = step.result
    return times(step, step.op("Mul", y, step.op("Sub", step.number(1.0), y)))


def _hard_sigmoid(step: Step) -> str:
    y = step.result
    inside = step.op("And", positive(step, y), step.op("Less", y, step.number(1.0)))
    return keep(step, inside, times(step, step.number(step.attribute("alpha", 0.2))))


def _hard_swish(step: Step) -> str:
    """The slope of x clip(x/6 + 1/2, 0, 1) is x/3 + 1/2 between -3 and 3, 0 before and 1 after."""
    x = step.input(0)
    slope = step.op("Add", step.op("Div", x, step.number(3.0)), step.number(0.5))
    bent = keep(step, step.op("Greater", x, step.number(-3.0)), times(step, slope))
    return step.op("Where", step.op("Less", x, step.number(3.0)), bent, step.grad)


def _tanh(step: Step) -> str:
    square = step.op("Mul", step.result, step.result)
    return times(step, step.op("Sub", step.number(1.0), square))


def _elu(step: Step) -> str:
    alpha = step.attribute("alpha", 1.0)
    below = times(step, step.op("Add", step.result, step.number(alpha)))
    sign = step.result if alpha >= 0 else step.input(0)
    return step.op("Where", positive(step, sign), step.grad, below)


def _softplus(step: Step) -> str:
    return times(step, step.op("Sigmoid", step.input(0)))


def _sqrt(step: Step) -> str:
    return step.op("Div", times(step, step.number(0.5)), step.result)


def _exp(step: Step) -> str:
    return times(step, step.result)


def _log(step: Step) -> str:
    return step.op("Div", step.grad, step.input(0))


def _absolute(step: Step) -> str:
    return times(step, step.op("Sign", step.input(0)))


def _erf(step: Step) -> str:
    x = step.input(0)
    bell = step.op("Exp", step.op("Neg", step.op("Mul", x, x)))
    return times(step, step.op("Mul", bell, step.number(2.0 / math.sqrt(math.pi))))


def _negative(step: Step) -> str:
    return step.op("Neg", step.grad)


def _reciprocal(step: Step) -> str:
    return step.op("Neg", times(step, step.op("Mul", step.result, step.result)))


def _softmax(step: Step) -> str:
    y, axis = step.result, step.ints(step.attribute("axis", -1))
    mean = step.op("ReduceSum", times(step, y), axis, keepdims=1)
    return step.op("Mul", step.op("Sub", step.grad, mean), y)


def _log_softmax(step: Step) -> str:
    total = step.op("ReduceSum", step.grad, step.ints(step.attribute("axis", -1)), keepdims=1)
    return step.op("Sub", step.grad, step.op("Mul", step.op("Exp", step.result), total))


def _unchanged(step: Step) -> str:
    """Identity, and Dropout outside of training."""
    return step.grad


def _cast(step: Step) -> str:
    return step.op("Cast", step.grad, to=step.tensors[step.wanted].kind)


RULES: dict[str, Rule] = {
    "Abs": _absolute,
    "Cast": _cast,
    "Clip": _clip,
    "Dropout": _unchanged,
    "Elu": _elu,
    "Erf": _erf,
    "Exp": _exp,
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _hard_swish,
    "Identity": _unchanged,
    "LeakyRelu": _leaky_relu,
    "Log": _log,
    "LogSoftmax": _log_softmax,
    "Neg": _negative,
    "PRelu": _prelu,
    "Reciprocal": _reciprocal,
    "Relu": _relu,
    "Sigmoid": _sigmoid,
    "Softmax": _softmax,
    "Softplus": _softplus,
    "Sqrt": _sqrt,
    "Tanh": _tanh,
}
