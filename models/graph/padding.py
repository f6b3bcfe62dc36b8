"""The padding of `auto_pad`."""

from collections.abc import Sequence


def same_padding(sizes: Sequence[int] | None, strides: Sequence[int], extents: Sequence[int]) -> list[int] | None:
    """The padding of each axis with which a window has one position per stride; None where it needs unknown `sizes`."""
    if sizes is None:
        if any(stride != 1 for stride in strides):
            return None
        sizes = [1] * len(strides)
    rows = zip(sizes, strides, extents, strict=True)
    return [max((-(-size // stride) - 1) * stride + extent - size, 0) for size, stride, extent in rows]


def halves(totals: Sequence[int], *, upper: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The padding before and after; the odd pixel comes after if `upper`, else before."""
    less, more = tuple(total // 2 for total in totals), tuple(total - total // 2 for total in totals)
    return (less, more) if upper else (more, less)
