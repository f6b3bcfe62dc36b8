"""Gradients of elementary functions."""

import math

from models.autodiff.rules.node_gradient import GradientRule, NodeGradient, chain


def _erf(ctx: NodeGradient) -> str:
    x = ctx.input(0)
    gaussian = ctx.op("Exp", ctx.op("Neg", ctx.op("Mul", x, x)))
    return chain(ctx, ctx.op("Mul", gaussian, ctx.scalar(2.0 / math.sqrt(math.pi))))


RULES: dict[str, GradientRule] = {
    "Abs": lambda ctx: chain(ctx, ctx.op("Sign", ctx.input(0))),
    "Cast": lambda ctx: ctx.op("Cast", ctx.grad, to=ctx.tensors[ctx.wrt].elem_type),
    "Dropout": lambda ctx: ctx.grad,  # it does nothing at inference
    "Erf": _erf,
    "Exp": lambda ctx: chain(ctx, ctx.output),
    "Identity": lambda ctx: ctx.grad,
    "Log": lambda ctx: ctx.op("Div", ctx.grad, ctx.input(0)),
    "Neg": lambda ctx: ctx.op("Neg", ctx.grad),
    "Reciprocal": lambda ctx: ctx.op("Neg", chain(ctx, ctx.op("Mul", ctx.output, ctx.output))),
    "Sqrt": lambda ctx: ctx.op("Div", chain(ctx, ctx.scalar(0.5)), ctx.output),
}
