"""What a file computes by itself in ONNX Runtime, and what the network made of it computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from models.importing.analysis.find_classifier import LOGITS, PROBABILITIES
from models.importing.input.trial_pictures import natural_image, normalized_input
from models.importing.passes.context import PassContext
from models.importing.passes.pipeline import PASSES, run_passes
from models.importing.passes.to_nchw import to_nchw
from models.spec import INPUT, Hw, Network

KINDS = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
}


def prepare(model: onnx.ModelProto) -> PassContext:
    """Run the import passes up to and including `to_nchw`."""
    context, names = PassContext(model), [each.run for each in PASSES]
    run_passes(context, PASSES[: names.index(to_nchw) + 1])
    return context


def save(model: onnx.ModelProto, folder: Path, name: str = "net.onnx") -> Path:
    path = folder / name
    onnx.save(model, path)
    return path


def run(
    content: str | bytes, feeds: NDArray[np.float32], outputs: list[str] | None = None
) -> list[NDArray[np.float32]]:
    """Outputs for a picture in NCHW, turned and cast as the file wants it."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0]
    last = entry.shape[-1] in (1, 3) and entry.shape[1] not in (1, 3)
    tensor = feeds.transpose(0, 2, 3, 1) if last else feeds
    found: list[NDArray[np.float32]] = session.run(outputs, {entry.name: tensor.astype(KINDS[entry.type])})
    return found


def picture(network: Network, size_hw: Hw) -> NDArray[np.float32]:
    """A picture as the network wants it; whole numbers where that is pixels."""
    info = network.info.input
    tensor = normalized_input(natural_image(size_hw), info)
    return np.asarray(np.round(tensor) if set(info.scale) == {1.0} else tensor, np.float32)


def scores(network: Network, tensor: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    logits, probabilities = run(str(network.path), tensor, [LOGITS, PROBABILITIES])
    return logits.ravel(), probabilities.ravel()


__all__ = ["INPUT", "picture", "prepare", "run", "save", "scores"]
