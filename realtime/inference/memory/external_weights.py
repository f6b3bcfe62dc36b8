"""The weights that lie in files beside a graph, read into memory.

ONNX Runtime would map the files: if anybody truncated one while a session was open, its next run would end the process
with SIGBUS. It copies from memory instead, which takes no more of it, since most kernels pack their weights anyway.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.external_data_helper import ExternalDataInfo, uses_external_data

Part: TypeAlias = tuple[int, int]
"""A part of a file: offset and length in bytes."""


def read_weights(graph: Path) -> dict[str, NDArray[np.uint8]]:
    """The files beside a graph, by name; only the parts that the graph uses are read, and take memory.

    Raises OSError where a file cannot be read, or is too short.
    """
    parts: dict[str, list[Part]] = defaultdict(list)
    for name, part in _parts(graph):
        parts[name].append(part)
    return {name: _read(graph.with_name(name), sorted(parts[name])) for name in parts}


def _parts(graph: Path) -> Iterator[tuple[str, Part]]:
    for tensor in onnx.load(graph, load_external_data=False).graph.initializer:
        if uses_external_data(tensor):
            info = ExternalDataInfo(tensor)
            yield info.location, (int(info.offset or 0), int(info.length or 0))


def _read(path: Path, parts: list[Part]) -> NDArray[np.uint8]:
    content = np.empty(max(offset + length for offset, length in parts), np.uint8)
    with path.open("rb", buffering=0) as file:
        for offset, length in parts:
            file.seek(offset)
            if file.readinto(content.data[offset : offset + length]) != length:
                raise OSError(f"{path} is too short")
    return content
