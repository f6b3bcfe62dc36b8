"""The gradient of a head's objective, which passes through a network in half precision at a scale that fits it.

Gradients of means are often below 1e-6, and float16 has no numbers below 6e-8. So the gradient sets out with a largest
element of about 1, and is scaled back once it is float32 again (loss scaling, Micikevicius et al. 2018).
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from models.autodiff.backprop_rule import BackpropRule
from models.autodiff.gradient import gradient
from models.build.fp16.halve import is_halved
from models.graph.builder import GraphBuilder

SMALLEST = 1e-30  # of a largest element: where all weights are zero, so is the gradient


WriteScalars: TypeAlias = Callable[[], Sequence[str]]


def scaled_gradient(
    builder: GraphBuilder, objective: str, wrt: str, write_largest: WriteScalars, rule: BackpropRule = "plain"
) -> str:
    """D `objective` / d `wrt`; `write_largest` writes about the largest gradient at each layer that it reads.

    A network in float32 needs none of this.
    """
    if not is_halved(builder.model.graph):
        return gradient(builder, objective, wrt, backprop_rule=rule)
    scale = builder.op("Max", *write_largest(), builder.floats(SMALLEST))
    factor = builder.op("Reciprocal", scale)
    return builder.op("Mul", gradient(builder, objective, wrt, backprop_rule=rule, factor=factor), scale)


def largest_of(builder: GraphBuilder, tensor: str) -> str:
    """The largest absolute element, a scalar."""
    return builder.op("ReduceMax", builder.op("Abs", tensor), keepdims=0)
