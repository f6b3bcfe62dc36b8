"""Gradient of resizing. Along each axis it is a product with a matrix, which is what resizing makes of the identity.

So every way of resizing has its gradient, without being described a second time; ONNX Runtime makes the matrix
once, when a session opens, wherever the size is fixed.
"""

from __future__ import annotations

from typing import Any

from models.autodiff.rules.step import NodeGradient, Rule

_HANDED = ("coordinate_transformation_mode", "cubic_coeff_a", "exclude_outside", "extrapolation_value", "mode")


def _resize(step: NodeGradient) -> str:
    """(N, C, h, w) as it was before height and width were resized."""
    seen, made = step.dims(step.wanted), step.dims(step.result)
    grown = any(one != other for one, other in zip(seen[:2], made[:2], strict=True) if one and other)
    cropped = step.attribute("coordinate_transformation_mode", b"") == b"tf_crop_and_resize"
    if len(seen) != 4 or grown or step.attribute("axes", []) or cropped:
        raise step.refusal("a resize of height and width of (N, C, H, W), without a region of interest")
    across = step.op("MatMul", step.grad, step.op("Transpose", _matrix(step, 3), perm=[0, 1, 3, 2]))
    return step.op("MatMul", _matrix(step, 2), across)


def _matrix(step: NodeGradient, axis: int) -> str:
    """(1, 1, size before, size after): row i is what becomes of a line with a one at i."""
    size = step.size(step.wanted, axis)
    square = step.op("Concat", size, size, axis=0)
    empty = step.op("ConstantOfShape", square)
    identity = step.op("Unsqueeze", step.op("EyeLike", empty, dtype=step.kind), step.ints(0, 1))
    handed: dict[str, Any] = step.attributes(*_HANDED, "nearest_mode", "antialias")
    if step.input(2):
        factor = step.op("Slice", step.input(2), step.ints(axis), step.ints(axis + 1))
        ones = step.draft.floats(1.0, 1.0, 1.0)
        return step.op("Resize", identity, "", step.op("Concat", ones, factor, axis=0), **handed)
    sizes = step.op("Concat", step.ints(1, 1), size, step.size(step.result, axis), axis=0)
    return step.op("Resize", identity, "", "", sizes, **handed)


RULES: dict[str, Rule] = {"Resize": _resize}
