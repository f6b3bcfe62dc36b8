"""Gradients of elementary functions, number by number."""

from __future__ import annotations

import math

from models.autodiff.rules.step import Rule, Step, times


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


def _unchanged(step: Step) -> str:
    """Identity, and Dropout outside of training."""
    return step.grad


def _cast(step: Step) -> str:
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
