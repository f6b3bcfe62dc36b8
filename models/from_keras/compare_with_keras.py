"""Compare a stored network with Keras, layer by layer."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray

from models.errors import ModelError
from models.from_keras.layers import Layer, forward, run
from models.spec import INPUT, Hw, InputInfo

Floats: TypeAlias = NDArray[np.float32]

TOLERANCE = 1e-4
"""The relative error that every layer of a stored network may have."""

PERTURBATION = 1e-6
"""The relative change of a picture that shows how much a network amplifies rounding errors."""

MAX_AMPLIFICATION = 10
"""How many times a layer's response to that change is allowed where it exceeds TOLERANCE."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """The relative error of a layer, max|onnx - keras| / max|keras|, and the largest that is allowed."""

    layer: str
    error: float
    allowed: float

    @property
    def excessive(self) -> bool:
        """Whether the error is more than rounding; NaN always is."""
        return not self.error <= self.allowed


def compare(layer: str, found: Floats, expected: Floats, stirred: Floats) -> Deviation:
    """Compare an output of ONNX Runtime with Keras's for the same picture, and for one changed by STIR."""
    response = relative_error(stirred, expected)
    return Deviation(layer, relative_error(found, expected), max(TOLERANCE, MAX_AMPLIFICATION * response))


def deviations(
    model: onnx.ModelProto, network: Layer, input_info: InputInfo, sizes: Sequence[Hw]
) -> Iterator[Deviation]:
    """Compare every layer of `model` with Keras on pictures of `sizes`.

    `network` is a Keras model whose outputs are a dictionary with the names of the layers.
    """
    layers, taps = forward(network.layers, network.outputs), network.output
    session = cpu_session(model)
    for size_hw in sizes:
        picture = random_picture(input_info, size_hw)
        expected, stirred = (run(layers, network.input, each) for each in (picture, perturb(picture)))
        found = session.run(list(taps), {INPUT: nchw(picture)})
        for (name, tensor), array in zip(taps.items(), found, strict=True):
            yield compare(name, array, nchw(expected[id(tensor)]), nchw(stirred[id(tensor)]))


def check_deviations(name: str, found: Iterable[Deviation]) -> float:
    """The largest relative error; ModelError when a layer of the network `name` differs by more than rounding."""
    worst = 0.0
    for each in found:
        if each.excessive:
            raise ModelError(
                f"{name} differs from Keras by {each.error:.1e} in {each.layer}; expected at most {each.allowed:.0e}"
            )
        worst = max(worst, each.error)
    return worst


def cpu_session(model: onnx.ModelProto) -> Any:
    """A session of ONNX Runtime on the CPU, without its telemetry."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def relative_error(found: Floats, expected: Floats) -> float:
    """The largest difference over the largest value; infinite for another shape."""
    if found.shape != expected.shape:
        return float("inf")
    return float(np.abs(found - expected).max() / (np.abs(expected).max() or 1.0))


def random_picture(input_info: InputInfo, size_hw: Hw) -> Floats:
    """Coarse blocks with noise, normalized for the network: (1, height, width, 3)."""
    random = np.random.default_rng(0)
    blocks = random.integers(0, 200, (1, *(side // 24 + 1 for side in size_hw), 3))
    coarse = blocks.repeat(24, axis=1).repeat(24, axis=2)[:, : size_hw[0], : size_hw[1]]
    picture = coarse + random.integers(0, 56, (1, *size_hw, 3))
    return np.asarray((picture - input_info.mean) * input_info.scale, np.float32)


def perturb(picture: Floats) -> Floats:
    """The same picture except for its last bits."""
    noise = np.random.default_rng(1).normal(0, PERTURBATION, picture.shape)
    return np.asarray(picture * (1 + noise), np.float32)


def nchw(tensor: Any) -> Floats:
    """A tensor of Keras in NCHW."""
    return np.ascontiguousarray(np.transpose(tensor, (0, 3, 1, 2)))
