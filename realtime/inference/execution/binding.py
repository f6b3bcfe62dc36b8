"""Inputs and outputs of a session in buffers that are allocated once, in the memory of the device.

Without them, ONNX Runtime allocates the buffers of a GPU anew for every run. What a graph computes can also stay on the
device and be read by the next run: then it crosses the bus only when it is wanted.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

DTYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(uint8)": np.uint8,
}
"""The types of the inputs and outputs of our graphs."""


def is_fixed(session: ort.InferenceSession) -> bool:
    """Whether all sizes of a session's inputs and outputs are known, as in every graph that Ventral builds."""
    return all(isinstance(side, int) for each in (*session.get_inputs(), *session.get_outputs()) for side in each.shape)


class Binding:
    """Buffers for the inputs and outputs of a session, whose sizes must be fixed; one thread at a time may use it."""

    def __init__(self, session: ort.InferenceSession, device: str) -> None:
        """`device` is ONNX Runtime's name of a memory, such as cuda or cpu."""
        self._session, self._binding = session, session.io_binding()
        self._inputs = {each.name: _buffer(each, device) for each in session.get_inputs()}
        self._outputs = {each.name: _buffer(each, device) for each in session.get_outputs()}
        for name, value in self._inputs.items():
            self._binding.bind_ortvalue_input(name, value)
        for name, value in self._outputs.items():
            self._binding.bind_ortvalue_output(name, value)

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Outputs by name, as copies in the memory of the CPU."""
        self.compute(feeds)
        return {name: self.fetch(name) for name in self._outputs}

    def compute(self, feeds: Mapping[str, NDArray[Any]]) -> None:
        """Run without fetching anything; an input that is not fed keeps what it has. KeyError for an unknown input."""
        for name, array in feeds.items():
            self._inputs[name].update_inplace(np.ascontiguousarray(array))
        self._session.run_with_iobinding(self._binding)

    def fetch(self, output: str) -> NDArray[Any]:
        """A copy of what the last run computed."""
        return np.array(self._outputs[output].numpy())

    def carry(self, output: str, name: str) -> None:
        """Let the next run read an output of the last one as its input `name`, without moving it."""
        value, self._inputs[name] = self._inputs[name], self._outputs[output]
        self._outputs[output] = value
        self._binding.bind_ortvalue_input(name, self._inputs[name])
        self._binding.bind_ortvalue_output(output, value)


def _buffer(each: Any, device: str) -> ort.OrtValue:
    return ort.OrtValue.ortvalue_from_shape_and_type(each.shape, DTYPES[each.type], device, 0)
