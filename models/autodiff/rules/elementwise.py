"""Gradients of elementary functions."""

from __future__ import annotations

import math

from models.autodiff.rules.node_gradient import NodeGradient, Rule, chain


def _sqrt(ctx: NodeGradient) -> str:
    return ctx.op("Div", chain(ctx, ctx.scalar(0.5)), ctx.output)


def _exp(ctx: NodeGradient) -> str:
    return chain(ctx, ctx.output)


def _log(ctx: NodeGradient) -> str:
    return ctx.op("Div", ctx.grad, ctx.input(0))


def _abs(ctx: NodeGradient) -> str:
    return chain(ctx, ctx.op("Sign", ctx.input(0)))


def _erf(ctx: NodeGradient) -> str:
    x = ctx.input(0)
    gaussian = ctx.op("Exp", ctx.op("Neg", ctx.op("Mul", x, x)))
    return chain(ctx, ctx.op("Mul", gaussian, ctx.scalar(2.0 / math.sqrt(math.pi))))


def _neg(ctx: NodeGradient) -> str:
    return ctx.op("Neg", ctx.grad)


def _reciprocal(ctx: NodeGradient) -> str:
    return ctx.op("Neg", chain(ctx, ctx.op("Mul", ctx.output, ctx.output)))


def _identity(ctx: NodeGradient) -> str:
    """Also for Dropout, which does nothing at inference."""
    return ctx.grad


def _cast(ctx: NodeGradient) -> str:
    return ctx.op("Cast", ctx.grad, to=ctx.tensors[ctx.wrt].elem_type)


RULES: dict[str, Rule] = {
    "Abs": _abs,
    "Cast": _cast,
    "Dropout": _identity,
    "Erf": _erf,
    "Exp": _exp,
    "Identity": _identity,
    "Log": _log,
    "Neg": _neg,
    "Reciprocal": _reciprocal,
    "Sqrt": _sqrt,
}
