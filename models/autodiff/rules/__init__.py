"""Vector-Jacobian products: for each ONNX operator, how a gradient flows back through it.

A rule writes ordinary nodes of the default domain that turn the gradients of a node's outputs into the gradient
of one of its inputs. Weights are constants: no rule goes into a kernel.
"""

from __future__ import annotations

from models.autodiff.rules import (
    activation,
    arithmetic,
    averaging,
    convolution,
    normalisation,
    pointwise,
    pooling,
    reduction,
    resizing,
    shaping,
)
from models.autodiff.rules.step import Rule

FAMILIES = (
    activation,
    arithmetic,
    averaging,
    convolution,
    normalisation,
    pointwise,
    pooling,
    reduction,
    resizing,
    shaping,
)

RULES: dict[str, Rule] = {op_type: rule for family in FAMILIES for op_type, rule in family.RULES.items()}

EVERY_INPUT = frozenset((*arithmetic.RULES, "Concat"))
"""The operators whose rule serves each input of floating-point numbers; the others' serve the first alone."""

FLAT = frozenset(("Ceil", "Floor", "Round", "Sign"))
"""The operators whose slope is zero wherever there is one: no gradient flows back through them."""
