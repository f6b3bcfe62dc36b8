"""Vector-Jacobian products: for each ONNX operator, how a gradient passes it.

A rule writes nodes of the default domain that compute the gradient of one input of a node from the gradients of its
outputs. Weights are constants, so no rule gives the gradient of a kernel.
"""

from models.autodiff.rules import (
    activation,
    arithmetic,
    average_pooling,
    convolution,
    elementwise,
    integers,
    max_pooling,
    normalization,
    reduction,
    resizing,
    shaping,
)
from models.autodiff.rules.node_gradient import GradientRule

RULES: dict[str, GradientRule] = {
    **(activation.RULES | arithmetic.RULES | average_pooling.RULES | convolution.RULES | elementwise.RULES),
    **integers.RULES,
    **(max_pooling.RULES | normalization.RULES | reduction.RULES | resizing.RULES | shaping.RULES),
}

EVERY_INPUT = frozenset((*arithmetic.RULES, "Concat", "QLinearAdd"))
"""The operators whose rule covers every floating-point input; the rules of the others cover the first input only."""

ZERO_GRADIENT = frozenset(("Ceil", "Floor", "Round", "Sign"))
"""The operators whose derivative is zero everywhere: no gradient passes through them."""
