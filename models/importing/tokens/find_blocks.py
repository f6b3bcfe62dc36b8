"""Find the blocks of a vision transformer: the tokens that each one makes, and its attention.

A block adds to the tokens what they find in each other by attention, softmax(Q K') V, and then what a small network
makes of each (Vaswani et al. 2017).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import onnx
from onnx import TensorProto, numpy_helper

from models.graph import surgery
from models.graph.builder import attributes
from models.importing.tokens.follow_tokens import EACH_TOKEN, TOKEN_AXIS, Attention, Sum, TokenWalk


@dataclass(frozen=True, slots=True)
class Block:
    """The tokens that a block makes, and its attention, if it has one."""

    sum: Sum
    attention: Attention | None


def find_blocks(walk: TokenWalk) -> Iterator[Block]:
    """The blocks in forward order.

    A block goes from one attention to the next, and its result is the last sum of two paths before that. Without any
    attention, as in an MLP-Mixer, each sum is the result of a block.
    """
    steps = list(walk.steps())
    if not any(isinstance(step, Attention) for step in steps):
        yield from (Block(step, None) for step in steps if isinstance(step, Sum))
        return
    attention: Attention | None = None
    last: Sum | None = None
    for step in steps:
        if isinstance(step, Sum):
            last = step if attention else None
            continue
        if last:
            yield Block(last, attention)
        attention, last = step, None
    if last:
        yield Block(last, attention)


def is_read_by_place(graph: onnx.GraphProto, found: Sum) -> bool:
    """Whether anything reads more of the tokens than those without a place, such as the class token."""
    readers, waiting, seen = surgery.consumers(graph), [found.result], set[str]()
    integers = {each.name: each for each in graph.initializer if each.data_type == TensorProto.INT64}
    while waiting:
        name = waiting.pop()
        for node in readers[name]:
            if node.op_type in EACH_TOKEN or _reduces_each(node, integers):
                waiting += {*node.output} - seen
                seen.update(node.output)
            elif not _takes_before(node, found.tokens.first, integers):
                return True
    return False


def _reduces_each(node: onnx.NodeProto, integers: dict[str, TensorProto]) -> bool:
    """Whether `node` takes the mean of each token, as a normalization that is written out does."""
    axes = integers.get(node.input[1]) if node.op_type == "ReduceMean" and len(node.input) > 1 else None
    return axes is not None and all(axis in (-1, 2) for axis in numpy_helper.to_array(axes).ravel())


def _takes_before(node: onnx.NodeProto, first: int, integers: dict[str, TensorProto]) -> bool:
    """Whether `node` takes only tokens before the place `first`."""
    numbers = [numpy_helper.to_array(integers[name]).ravel() for name in node.input[1:] if name in integers]
    if len(numbers) < len(node.input) - 1 or not all(len(each) for each in numbers):
        return False
    if node.op_type == "Gather":
        return attributes(node).get("axis", 0) in TOKEN_AXIS and all(0 <= index < first for index in numbers[0])
    if node.op_type == "Slice" and len(numbers) > 2:
        start, end, axis = (int(each[0]) for each in numbers[:3])
        return axis in TOKEN_AXIS and 0 <= start <= end <= first
    return False
