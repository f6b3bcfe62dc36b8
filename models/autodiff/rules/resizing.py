"""Gradient of Resize, which is a product with a matrix along each axis: the resized identity.

So every mode of Resize has its gradient without being described again. Where the size is static, ONNX Runtime computes
the matrix once, when a session opens.
"""

from typing import Any

from models.autodiff.rules.node_gradient import GradientRule, NodeGradient

_OPTIONS = (
    *("antialias", "coordinate_transformation_mode", "cubic_coeff_a", "exclude_outside", "extrapolation_value"),
    *("mode", "nearest_mode"),
)


def _resize(ctx: NodeGradient) -> str:
    """For (N, C, h, w) with only height and width resized."""
    before, after = ctx.dims(ctx.wrt), ctx.dims(ctx.output)
    others = any(old != new for old, new in zip(before[:2], after[:2], strict=True) if old and new)
    cropped = ctx.attribute("coordinate_transformation_mode", b"") == b"tf_crop_and_resize"
    if len(before) != 4 or others or ctx.attribute("axes", []) or cropped:
        raise ctx.requires("a resize of height and width of (N, C, H, W), without a region of interest")
    wide = ctx.op("MatMul", ctx.grad, ctx.op("Transpose", _matrix(ctx, 3), perm=[0, 1, 3, 2]))
    return ctx.op("MatMul", _matrix(ctx, 2), wide)


def _matrix(ctx: NodeGradient, axis: int) -> str:
    """(1, 1, size before, size after): row i is the resized line that has a one at i and zeros elsewhere."""
    size = ctx.size(ctx.wrt, axis)
    square = ctx.op("Concat", size, size, axis=0)
    zeros = ctx.op("ConstantOfShape", square)
    identity = ctx.op("Unsqueeze", ctx.op("EyeLike", zeros, dtype=ctx.elem_type), ctx.ints(0, 1))
    options: dict[str, Any] = ctx.attributes(*_OPTIONS)
    if ctx.input(2):
        scale = ctx.op("Slice", ctx.input(2), ctx.ints(axis), ctx.ints(axis + 1))
        ones = ctx.builder.floats(1.0, 1.0, 1.0)
        return ctx.op("Resize", identity, "", ctx.op("Concat", ones, scale, axis=0), **options)
    sizes = ctx.op("Concat", ctx.ints(1, 1), size, ctx.size(ctx.output, axis), axis=0)
    return ctx.op("Resize", identity, "", "", sizes, **options)


RULES: dict[str, GradientRule] = {"Resize": _resize}
