"""The padding of `auto_pad` gives one position per stride, on the right side."""

import pytest

from models.graph.padding import halves, same_padding


def test_the_output_has_one_pixel_per_stride() -> None:
    for size in range(1, 12):
        for stride in (1, 2, 3):
            for extent in range(1, 6):
                [total] = same_padding([size], [stride], [extent]) or []
                positions = (size + total - extent) // stride + 1
                assert positions == -(-size // stride) or (total == 0 and extent < stride)


def test_without_strides_the_size_does_not_matter() -> None:
    assert same_padding(None, [1, 1], [3, 4]) == same_padding([7, 9], [1, 1], [3, 4]) == [2, 3]
    assert same_padding(None, [1, 2], [3, 4]) is None


@pytest.mark.parametrize(("upper", "expected"), [(True, ((1, 1), (1, 2))), (False, ((1, 2), (1, 1)))])
def test_the_odd_pixel_comes_last_or_first(upper: bool, expected: tuple[tuple[int, ...], ...]) -> None:
    assert halves([2, 3], upper=upper) == expected
