"""Whether ONNX Runtime computes convolutions of 8-bit integers rightly."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.graph.builder import UINT8, empty_model
from realtime.inference.providers import CPU, Session

CHANNELS, SIDE, BIAS = 16, 8, 100


@cache
def integers_work() -> bool:
    """Whether a convolution adds a bias that is given at run time: ONNX Runtime 1.24 forgets it without a word."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "check.onnx"
        path.write_bytes(_convolution().SerializeToString())
        feeds: dict[str, Any] = {
            "x": np.zeros((1, CHANNELS, SIDE, SIDE), np.uint8),
            "bias": np.full(CHANNELS, BIAS, np.int32),
        }
        levels = Session(path, CPU).run(feeds)["y"]
    return bool((levels == BIAS).all())


def _convolution() -> onnx.ModelProto:
    """A convolution of zeros, whose result is its bias."""
    model, shape = empty_model("check"), (1, CHANNELS, SIDE, SIDE)
    arrays: dict[str, Any] = {"one": np.float32(1), "zero": np.uint8(0), "kernel_zero": np.int8(0)}
    arrays |= {"kernel": np.ones((CHANNELS, CHANNELS, 3, 3), np.int8), "ones": np.ones(CHANNELS, np.float32)}
    model.graph.initializer.extend(numpy_helper.from_array(np.asarray(each), name) for name, each in arrays.items())
    inputs = ["x", "one", "zero", "kernel", "ones", "kernel_zero", "one", "zero", "bias"]
    model.graph.node.append(helper.make_node("QLinearConv", inputs, ["y"], pads=[1, 1, 1, 1]))
    model.graph.input.append(helper.make_tensor_value_info("x", UINT8, shape))
    model.graph.input.append(helper.make_tensor_value_info("bias", TensorProto.INT32, (CHANNELS,)))
    model.graph.output.append(helper.make_tensor_value_info("y", UINT8, shape))
    return model
