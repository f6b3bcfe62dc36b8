"""The files of weights beside a graph, for ONNX Runtime to copy while it opens the graph.

It would keep them mapped otherwise: if anybody truncated one while a session was open, the next run would end the
process with SIGBUS. The copies take no more memory, since most kernels pack their weights anyway.
"""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.external_data_helper import ExternalDataInfo, uses_external_data


def map_weights(graph: Path) -> dict[str, NDArray[np.uint8]]:
    """The content of the files that a graph names, by name; OSError or ValueError where one cannot be read."""
    tensors = onnx.load(graph, load_external_data=False).graph.initializer
    names = {ExternalDataInfo(tensor).location for tensor in tensors if uses_external_data(tensor)}
    return {name: np.memmap(graph.with_name(name), np.uint8, "r") for name in names}
