"""Networks as people bring them, one of each kind, and what the record of each must say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from models.spec import InputLimits
from tests.models.importing.kinds.outputs import OUTPUTS
from tests.models.importing.kinds.sizes import padded, skips
from tests.models.importing.nets import CLASSES, Net, half

INDEX = np.int64


@dataclass(frozen=True, slots=True)
class Case:
    """A network, some of its layers, and the sizes that it takes; `said` is a part of what opening it logs."""

    make: Callable[[], onnx.ModelProto]
    layers: tuple[str, ...]
    limits: InputLimits
    said: str = ""
    external: bool = False


def computed_pads() -> onnx.ModelProto:
    """Pads that a chain of constants computes, as TorchScript exports padding modules."""
    net = Net(producer="pytorch")
    zeros = net.op("ConstantOfShape", net.weight([4], dtype=INDEX), value=numpy_helper.from_array(np.array([0], INDEX)))
    pairs = net.op("Concat", net.weight([1, 1, 1, 1], dtype=INDEX), zeros, axis=0)
    pairs = net.op("Reshape", pairs, net.weight([-1, 2], dtype=INDEX))
    turned = net.op("Slice", pairs, *(net.weight([each], dtype=INDEX) for each in (-1, -(2**63) + 1, 0, -1)))
    flat = net.op("Reshape", net.op("Transpose", turned, perm=[1, 0]), net.weight([-1], dtype=INDEX))
    pad = net.op("Pad", "x", net.op("Cast", flat, to=TensorProto.INT64), mode="reflect")
    net.op("Relu", net.conv(pad, 3, 8, name="first", pads=[0] * 4), out="y")
    return net.model([1, 3, 64, 64], {"y": [1, 8, 64, 64]}, entry="x")


def computed_kernel() -> onnx.ModelProto:
    """A kernel that is cast, scaled and turned, and a margin counted with Range: constants all."""
    net = Net(opset=17)
    stored = net.weight(np.random.default_rng(3).normal(size=(3, 3, 3, 8)), dtype=np.float16)
    scaled = net.op("Mul", net.op("Cast", stored, to=TensorProto.FLOAT), net.weight(0.3))
    kernel = net.op("Transpose", scaled, perm=[3, 2, 0, 1])
    counted = net.op("Range", *(net.weight(each, dtype=INDEX) for each in (0, 3, 1)))
    margin = net.op("Gather", counted, net.weight([0, 0, 1, 1, 0, 0, 1, 1], dtype=INDEX))
    one = net.op("Conv", net.op("Pad", "x", margin), kernel, out="first")
    net.op("Relu", net.conv(net.op("Relu", one), 8, 8, name="second"), out="y")
    return net.model([1, 3, "h", "w"], {"y": [1, 8, "h", "w"]}, entry="x")


def opset_9() -> onnx.ModelProto:
    net = Net(opset=9)
    up = net.op("Upsample", net.op("Relu", net.conv("x", 3, 8, name="first")), net.weight([1, 1, 2, 2]), mode="nearest")
    net.op("Relu", net.conv(up, 8, 8, name="second"), out="y")
    return net.model([1, 3, 64, 64], {"y": [1, 8, 128, 128]}, entry="x")


def whole_numbers(kind: int, *, nhwc: bool) -> onnx.ModelProto:
    net = Net(producer="tf2onnx")
    tensor = net.op("Cast", "x", to=TensorProto.FLOAT)
    if nhwc:
        tensor = net.op("Transpose", tensor, perm=[0, 3, 1, 2])
    one = net.op("Relu", net.conv(tensor, 3, 8, name="first", strides=[2, 2]))
    two = net.op("Relu", net.conv(one, 8, 16, name="second", strides=[2, 2]))
    net.op("Gemm", net.op("Flatten", net.op("GlobalAveragePool", two)), net.random(16, CLASSES), out="y")
    shape: list[int | str | None] = [1, "h", "w", 3] if nhwc else [1, 3, "h", "w"]
    return net.model(shape, {"y": [1, CLASSES]}, entry="x", kind=kind)


def quantized(kind: type[np.uint8 | np.int8 | np.int16], opset: int = 13) -> onnx.ModelProto:
    """QuantizeLinear and DequantizeLinear right at the input, and after the first layer."""
    net = Net(opset=opset)
    info, tensor, channels = np.iinfo(kind), "x", 3
    scale, zero = (
        net.weight(600 / (int(info.max) - int(info.min))),
        net.weight((info.max + info.min + 1) // 2, dtype=kind),
    )
    for name in ("first", "second"):
        tensor = net.op("DequantizeLinear", net.op("QuantizeLinear", tensor, scale, zero), scale, zero)
        tensor, channels = net.op("Relu", net.conv(tensor, channels, 8, name=name, strides=[2, 2])), 8
    net.op("Gemm", net.op("Flatten", net.op("GlobalAveragePool", tensor)), net.random(8, CLASSES), out="y")
    return net.model([1, 3, "h", "w"], {"y": [1, CLASSES]}, entry="x")


def two_layers() -> onnx.ModelProto:
    net = Net(producer="pytorch")
    one = net.op("Relu", net.conv("x", 3, 32, name="first"))
    net.op("Relu", net.conv(one, 32, 32, name="second"), out="y")
    return net.model([1, 3, "h", "w"], {"y": [1, 32, "h", "w"]}, entry="x")


BOTH = ("first", "second")
ROUNDED = "net is quantized: gradients pass it as if nothing was rounded"

STRIDES = dict.fromkeys(OUTPUTS, 2) | {"super-resolution": 1, "a detector": 4}
"""No layer has less than a unit: the smallest size is the largest stride."""

CASES: dict[str, Case] = {
    "computed pads": Case(computed_pads, ("first",), InputLimits(1)),
    "computed kernel": Case(computed_kernel, BOTH, InputLimits(1)),
    "skips, fixed 360x640": Case(lambda: skips(360, 640), ("conv1", "output1"), InputLimits(8, step=8)),
    "skips, dynamic": Case(lambda: skips("h", "w", levels=4), ("conv1",), InputLimits(16, step=16)),
    "skips of six levels": Case(lambda: skips("h", "w", levels=6), ("conv1",), InputLimits(64, step=64)),
    "free U-Net": Case(lambda: skips("h", "w", up=padded, join="Concat"), ("concat1",), InputLimits(8)),
    "opset 9": Case(opset_9, BOTH, InputLimits(1)),
    "uint8 NHWC": Case(
        lambda: whole_numbers(TensorProto.UINT8, nhwc=True),
        BOTH,
        InputLimits(4),
        "RGB 0 to 255, because it takes integers",
    ),
    "int32 NCHW": Case(
        lambda: whole_numbers(TensorProto.INT32, nhwc=False),
        BOTH,
        InputLimits(4),
        "RGB 0 to 255, because it takes integers",
    ),
    "uint8 levels": Case(lambda: quantized(np.uint8), BOTH, InputLimits(4), ROUNDED),
    "int8 levels": Case(lambda: quantized(np.int8), BOTH, InputLimits(4), ROUNDED),
    "int16 levels": Case(lambda: quantized(np.int16, 21), BOTH, InputLimits(4), ROUNDED),
    "float16": Case(half, ("conv1",), InputLimits(2)),
    "external data": Case(two_layers, BOTH, InputLimits(1), external=True),
    **{name: Case(make, tuple(shown), InputLimits(STRIDES[name])) for name, (make, shown) in OUTPUTS.items()},
}


def write_case(name: str, folder: Path) -> Path:
    """Write the network of a case as a file, with its weights beside it where they belong there."""
    path, case = folder / "net.onnx", CASES[name]
    if case.external:
        onnx.save(case.make(), path, save_as_external_data=True, location="net.onnx.data", size_threshold=0)
    else:
        onnx.save(case.make(), path)
    return path
