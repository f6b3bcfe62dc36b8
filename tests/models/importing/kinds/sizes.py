"""Networks with skips, whose input sizes are limited: a size that does not fit makes maps that cannot be joined."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx

from tests.models.importing.nets import Net

Up = Callable[[Net, str, str], str]
"""Enlarges a tensor to the size of the other one."""


def transposed(net: Net, tensor: str, _other: str) -> str:
    return net.op("ConvTranspose", tensor, net.random(8, 8, 2, 2), strides=[2, 2], kernel_shape=[2, 2])


def doubled(net: Net, tensor: str, _other: str) -> str:
    return net.op("Resize", tensor, "", net.weight([1, 1, 2, 2]), mode="nearest")


def resized(net: Net, tensor: str, other: str) -> str:
    """To the size of the other, which is computed: exports of PyTorch's interpolate(size=...)."""
    batch, size = (net.op("Slice", net.op("Shape", source), *(net.weight([each], dtype=np.int64) for each in bounds))
                   for source, bounds in ((tensor, (0, 2, 0)), (other, (2, 4, 0))))  # fmt: skip
    return net.op("Resize", tensor, "", "", net.op("Concat", batch, size, axis=0), mode="nearest")


def padded(net: Net, tensor: str, other: str) -> str:
    """Doubled, then padded at the end by what is missing: U-Nets that take any size."""
    twice = doubled(net, tensor, other)
    missing = net.op("Sub", net.op("Shape", other), net.op("Shape", twice))
    sides = net.op("Slice", missing, *(net.weight([each], dtype=np.int64) for each in (2, 4, 0)))
    pads = net.op("Concat", net.weight([0] * 6, dtype=np.int64), sides, axis=0)
    return net.op("Pad", twice, pads, mode="constant")


def rounded_pools() -> onnx.ModelProto:
    """A pyramid whose pools round down: 32 to 39 pixels fit, and 40 do not; the sums are those of YuNet."""
    net = Net(opset=11)
    tensor, kept, channels = "x", [], 3
    for _ in range(5):
        tensor, channels = net.op("Relu", net.conv(tensor, channels, 8)), 8
        tensor = net.op("MaxPool", tensor, kernel_shape=[2, 2], strides=[2, 2])
        kept.append(tensor)
    for skip in reversed(kept[2:4]):
        larger = net.op("Resize", tensor, net.weight(np.zeros(0)), net.weight([1, 1, 2, 2]), mode="nearest")
        tensor = net.op("Relu", net.conv(net.op("Add", larger, skip), 8, 8))
    return net.model([1, 3, "h", "w"], {tensor: [1, 8, "a", "b"]}, entry="x")


def skips(
    height: int | str, width: int | str, *, levels: int = 3, up: Up = transposed, join: str = "Add", opset: int = 13
) -> onnx.ModelProto:
    """An encoder and a decoder of so many levels, joined at each of them."""
    net, kept, tensor, deep = Net(opset=opset), list[str](), "x", 3
    for _ in range(levels):
        kept.append(net.op("Relu", net.conv(tensor, deep, 8)))
        tensor, deep = net.op("MaxPool", kept[-1], kernel_shape=[2, 2], strides=[2, 2]), 8
    for skip in reversed(kept):
        larger = up(net, tensor, skip)
        joined = net.op("Add", larger, skip) if join == "Add" else net.op("Concat", larger, skip, axis=1)
        tensor = net.op("Relu", net.conv(joined, 8 if join == "Add" else 16, 8))
    net.op("Sigmoid", net.conv(tensor, 8, 1, 1), out="y")
    return net.model([1, 3, height, width], {"y": [1, 1, height, width]}, entry="x")
