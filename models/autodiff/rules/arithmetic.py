"""Gradients of what combines several tensors: each input may be on the way, and each may have been repeated."""

from __future__ import annotations

from models.autodiff.rules.step import NodeGradient, Rule, fixed, unbroadcast


def back(step: NodeGradient, grad: str) -> str:
    """`grad`, which has the shape of the output, in the shape of the wanted input."""
    return unbroadcast(step, grad, step.sizes(step.result))


def _add(step: NodeGradient) -> str:
    return back(step, step.grad)


def _subtract(step: NodeGradient) -> str:
    return back(step, step.op("Neg", step.grad) if step.index else step.grad)


def _multiply(step: NodeGradient) -> str:
    return back(step, step.op("Mul", step.grad, step.input(1 - step.index)))


def _divide(step: NodeGradient) -> str:
    share = step.op("Div", step.grad, step.input(1))
    if step.index == 0:
        return back(step, share)
    return back(step, step.op("Neg", step.op("Mul", share, step.result)))


def _power(step: NodeGradient) -> str:
    """The differential of a**b is b a**(b-1) da + a**b log(a) db."""
    base, exponent = step.input(0), step.input(1)
    if step.index == 1:
        nought = step.op("Equal", base, step.number(0.0))  # its powers do not vary, but its logarithm is infinite
        slope = step.op("Mul", step.result, step.op("Log", step.op("Where", nought, step.number(1.0), base)))
        return back(step, step.op("Mul", step.grad, slope))
    less = step.op("Sub", exponent, step.draft.scalar(1.0, step.tensors[exponent].kind))
    slope = step.op("Mul", step.op("Pow", base, less), step.op("CastLike", exponent, base))
    return back(step, step.op("Mul", step.grad, slope))


def _mean(step: NodeGradient) -> str:
    return back(step, step.op("Div", step.grad, step.number(len(step.node.input))))


def _chosen(step: NodeGradient) -> str:
    """Max and Min hand the gradient to the input that was taken, in equal shares where several were."""
    taken = [step.op("Cast", step.op("Equal", each, step.result), to=step.kind) for each in step.node.input]
    share = step.op("Div", step.grad, step.op("Sum", *taken)) if len(taken) > 1 else step.grad
    return back(step, step.op("Mul", taken[step.index], share))


def _where(step: NodeGradient) -> str:
    condition, zero = step.input(0), step.number(0.0)
    branches = (step.grad, zero) if step.index == 1 else (zero, step.grad)
    return back(step, step.op("Where", condition, *branches))


def _matmul(step: NodeGradient) -> str:
    """Matrices, stacks of matrices that are repeated like anything else, and vectors."""
    left, right, grad = step.input(0), step.input(1), step.grad
    vectors = [len(step.dims(tensor)) == 1 for tensor in (left, right)]
    if vectors[1]:
        grad, right = step.op("Unsqueeze", grad, step.ints(-1)), step.op("Unsqueeze", right, step.ints(-1))
    if vectors[0]:
        grad, left = step.op("Unsqueeze", grad, step.ints(-2)), step.op("Unsqueeze", left, step.ints(-2))
    if step.index == 0:
        found = step.op("MatMul", grad, _swapped(step, right, max(len(step.dims(step.input(1))), 2)))
    else:
        found = step.op("MatMul", _swapped(step, left, max(len(step.dims(step.input(0))), 2)), grad)
        found = step.op("Squeeze", found, step.ints(-1)) if vectors[1] else found
    stack = fixed(step.dims(step.result)[:-2]), fixed(step.dims(step.wanted)[-2:])
    known = not any(vectors) and stack[0] is not None and stack[1] is not None
    return unbroadcast(step, found, (*(stack[0] or ()), *(stack[1] or ())) if known else None)


def _swapped(step: NodeGradient, tensor: str, rank: int) -> str:
    """The last two axes exchanged."""
    return step.op("Transpose", tensor, perm=[*range(rank - 2), rank - 1, rank - 2])


def _gemm(step: NodeGradient) -> str:
    """The node computes alpha A' B' + beta C, where a dash is a transposition that the node may ask for."""
    grad, flips = step.grad, [step.attribute("transA", 0), step.attribute("transB", 0)]
    if step.index == 2:
        return back(step, step.op("Mul", grad, step.number(step.attribute("beta", 1.0))))
    factors, turned = [grad, step.input(1 - step.index)], [0, 1 - flips[1 - step.index]]
    if step.index == 1:
        factors, turned = factors[::-1], [1 - flips[0], 0]
    if flips[step.index]:
        factors, turned = factors[::-1], [1 - turned[1], 1 - turned[0]]
    return step.op("Gemm", *factors, alpha=step.attribute("alpha", 1.0), transA=turned[0], transB=turned[1])


RULES: dict[str, Rule] = {
    "Add": _add,
    "Div": _divide,
    "Expand": _add,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Max": _chosen,
    "Mean": _mean,
    "Min": _chosen,
    "Mul": _multiply,
    "Pow": _power,
    "Sub": _subtract,
    "Sum": _add,
    "Where": _where,
}
"""Each applies to every input but the condition of Where and the shape of Expand, which are not numbers to vary."""
