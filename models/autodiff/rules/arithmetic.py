"""Gradients of operators that combine several tensors: each input may need one, and each may be broadcast."""

from models.autodiff.rules.node_gradient import GradientRule, NodeGradient, chain, static_sizes, unbroadcast


def _to_input(ctx: NodeGradient, grad: str) -> str:
    """`grad`, which has the shape of the output, summed to the shape of the input."""
    return unbroadcast(ctx, grad, ctx.sizes(ctx.output))


def _add(ctx: NodeGradient) -> str:
    return _to_input(ctx, ctx.grad)


def _divide(ctx: NodeGradient) -> str:
    quotient = ctx.op("Div", ctx.grad, ctx.input(1))
    if ctx.index == 0:
        return _to_input(ctx, quotient)
    return _to_input(ctx, ctx.op("Neg", ctx.op("Mul", quotient, ctx.output)))


def _power(ctx: NodeGradient) -> str:
    """The differential of a**b is b a**(b-1) da + a**b log(a) db."""
    base, exponent = ctx.input(0), ctx.input(1)
    if ctx.index == 1:
        is_zero = ctx.op("Equal", base, ctx.scalar(0.0))  # its powers are constant, but its logarithm is infinite
        derivative = ctx.op("Mul", ctx.output, ctx.op("Log", ctx.op("Where", is_zero, ctx.scalar(1.0), base)))
        return _to_input(ctx, chain(ctx, derivative))
    one_less = ctx.op("Sub", exponent, ctx.builder.scalar(1.0, ctx.tensors[exponent].elem_type))
    derivative = ctx.op("Mul", ctx.op("Pow", base, one_less), ctx.op("CastLike", exponent, base))
    return _to_input(ctx, chain(ctx, derivative))


def _extreme(ctx: NodeGradient) -> str:
    """Max and Min pass the gradient to the inputs that equal the output, in equal shares."""
    is_extreme = [ctx.op("Cast", ctx.op("Equal", each, ctx.output), to=ctx.elem_type) for each in ctx.node.input]
    share = ctx.op("Div", ctx.grad, ctx.op("Sum", *is_extreme)) if len(is_extreme) > 1 else ctx.grad
    return _to_input(ctx, ctx.op("Mul", is_extreme[ctx.index], share))


def _where(ctx: NodeGradient) -> str:
    condition, zero = ctx.input(0), ctx.scalar(0.0)
    branches = (ctx.grad, zero) if ctx.index == 1 else (zero, ctx.grad)
    return _to_input(ctx, ctx.op("Where", condition, *branches))


def _matmul(ctx: NodeGradient) -> str:
    """For matrices, batches of matrices, which broadcast, and vectors."""
    left, right, grad = ctx.input(0), ctx.input(1), ctx.grad
    vectors = [len(ctx.dims(tensor)) == 1 for tensor in (left, right)]
    if vectors[1]:
        grad, right = ctx.op("Unsqueeze", grad, ctx.ints(-1)), ctx.op("Unsqueeze", right, ctx.ints(-1))
    if vectors[0]:
        grad, left = ctx.op("Unsqueeze", grad, ctx.ints(-2)), ctx.op("Unsqueeze", left, ctx.ints(-2))
    if ctx.index == 0:
        product = ctx.op("MatMul", grad, _transposed(ctx, right, max(len(ctx.dims(ctx.input(1))), 2)))
    else:
        product = ctx.op("MatMul", _transposed(ctx, left, max(len(ctx.dims(ctx.input(0))), 2)), grad)
        product = ctx.op("Squeeze", product, ctx.ints(-1)) if vectors[1] else product
    batch, matrix = static_sizes(ctx.dims(ctx.output)[:-2]), static_sizes(ctx.dims(ctx.wrt)[-2:])
    static = not any(vectors) and batch is not None and matrix is not None
    return unbroadcast(ctx, product, (*(batch or ()), *(matrix or ())) if static else None)


def _transposed(ctx: NodeGradient, tensor: str, rank: int) -> str:
    """The last two axes swapped."""
    return ctx.op("Transpose", tensor, perm=[*range(rank - 2), rank - 1, rank - 2])


def _einsum(ctx: NodeGradient) -> str:
    """The same product of the gradient and the other tensors, such as bhij,bhjd->bhid for bhid,bhjd->bhij."""
    left, _, result = ctx.attribute("equation", b"").decode().replace(" ", "").partition("->")
    terms = left.split(",")
    own = terms.pop(ctx.index)
    known = {*result, *"".join(terms)}
    if "." in left or not result or any(len(set(term)) < len(term) for term in (own, *terms)) or not known >= {*own}:
        raise ctx.requires("an equation such as bhid,bhjd->bhij, in which no axis is summed alone")
    others = [name for index, name in enumerate(ctx.node.input) if index != ctx.index]
    return ctx.op("Einsum", ctx.grad, *others, equation=f"{','.join([result, *terms])}->{own}")


def _gemm(ctx: NodeGradient) -> str:
    """The node computes alpha A' B' + beta C, where A' and B' may be transposed."""
    grad, transposed = ctx.grad, [ctx.attribute("transA", 0), ctx.attribute("transB", 0)]
    if ctx.index == 2:
        return _to_input(ctx, ctx.op("Mul", grad, ctx.scalar(ctx.attribute("beta", 1.0))))
    factors, flags = [grad, ctx.input(1 - ctx.index)], [0, 1 - transposed[1 - ctx.index]]
    if ctx.index == 1:
        factors, flags = factors[::-1], [1 - transposed[0], 0]
    if transposed[ctx.index]:
        factors, flags = factors[::-1], [1 - flags[1], 1 - flags[0]]
    return ctx.op("Gemm", *factors, alpha=ctx.attribute("alpha", 1.0), transA=flags[0], transB=flags[1])


RULES: dict[str, GradientRule] = {
    "Add": _add,
    "Div": _divide,
    "Einsum": _einsum,
    "Expand": _add,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Max": _extreme,
    "Mean": lambda ctx: _to_input(ctx, ctx.op("Div", ctx.grad, ctx.scalar(len(ctx.node.input)))),
    "Min": _extreme,
    "Mul": lambda ctx: _to_input(ctx, chain(ctx, ctx.input(1 - ctx.index))),
    "Pow": _power,
    "Sub": lambda ctx: _to_input(ctx, ctx.op("Neg", ctx.grad) if ctx.index else ctx.grad),
    "Sum": _add,
    "Where": _where,
}
"""Each covers every input except the condition of Where and the shape of Expand, which have no gradient."""
