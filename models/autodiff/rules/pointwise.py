"""Gradients of elementary functions, number by number."""

from __future__ import annotations

import math

from models.autodiff.rules.step import NodeGradient, Rule, times


def _sqrt(step: NodeGradient) -> str:
    return step.op("Div", times(step, step.number(0.5)), step.result)


def _exp(step: NodeGradient) -> str:
    return times(step, step.result)


def _log(step: NodeGradient) -> str:
    return step.op("Div", step.grad, step.input(0))


def _absolute(step: NodeGradient) -> str:
    return times(step, step.op("Sign", step.input(0)))


def _erf(step: NodeGradient) -> str:
    x = step.input(0)
    bell = step.op("Exp", step.op("Neg", step.op("Mul", x, x)))
    return times(step, step.op("Mul", bell, step.number(2.0 / math.sqrt(math.pi))))


def _negative(step: NodeGradient) -> str:
    return step.op("Neg", step.grad)


def _reciprocal(step: NodeGradient) -> str:
    return step.op("Neg", times(step, step.op("Mul", step.result, step.result)))


def _unchanged(step: NodeGradient) -> str:
    """Identity, and Dropout outside of training."""
    return step.grad


def _cast(step: NodeGradient) -> str:
    return step.op("Cast", step.grad, to=step.tensors[step.wanted].kind)


RULES: dict[str, Rule] = {
    "Abs": _absolute,
    "Cast": _cast,
    "Dropout": _unchanged,
    "Erf": _erf,
    "Exp": _exp,
    "Identity": _unchanged,
    "Log": _log,
    "Neg": _negative,
    "Reciprocal": _reciprocal,
    "Sqrt": _sqrt,
}
