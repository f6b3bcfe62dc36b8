"""The largest activation of each channel of a network, measured on photographs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray

from models.build.preprocess import fix_size, prepend
from models.files import write_atomically
from models.graph.builder import FLOAT, GraphBuilder
from models.graph.truncate import truncate
from models.photographs import SIDE, photographs
from models.spec import Hw, InputInfo

FILE = "channel-peaks.onnx"
FATAL_ONLY = 4

Peaks: TypeAlias = Mapping[str, NDArray[np.float32]]


def measure_peaks(network: Path, info: InputInfo, tensors: Sequence[str]) -> Peaks:
    """The largest absolute value of each channel, (C,), by the name of the tensor (1, C, h, w).

    `network` is a file of the cache with its weights beside it. One core computes, and leaves the others to the show.
    """
    if not tensors:
        return {}
    size_hw = info.limits.fit((SIDE, SIDE))
    file = network.with_name(FILE)
    write_atomically(file, _peaks_graph(onnx.load(network, load_external_data=False), info, tensors, size_hw))
    try:
        session = _open(file)
        found = [session.run(None, {"image": photograph}) for photograph in photographs(size_hw)]
    finally:
        file.unlink(missing_ok=True)
    return dict(zip(tensors, (np.max(each, axis=0) for each in zip(*found, strict=True)), strict=True))


def _peaks_graph(model: onnx.ModelProto, info: InputInfo, tensors: Sequence[str], size_hw: Hw) -> bytes:
    truncate(model, tuple(tensors))
    fix_size(model, info, size_hw)
    builder = GraphBuilder(model)
    prepend(builder, info, size_hw)
    for tensor in tensors:
        peak = builder.op("ReduceMax", builder.op("Abs", tensor), builder.ints(0, 2, 3), keepdims=0)
        builder.output(peak, f"peaks of {tensor}", FLOAT, (None,))
    content: bytes = model.SerializeToString()
    return content


def _open(file: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL_ONLY
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
