"""The kind and shape of every tensor of a network for one size of picture, found without its weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import onnx
from onnx import helper

from models.errors import ModelError
from models.graph import surgery
from models.graph.builder import FLOAT
from models.importing.first_line import first_line
from models.spec import INPUT, Hw

SMALL = 64
"""Numbers of a tensor that may say a shape; larger ones are weights, of which the shape is enough."""


@dataclass(frozen=True, slots=True)
class TensorType:
    """The element type of a tensor and its shape, None where it is not known beforehand."""

    kind: int
    dims: tuple[int, ...] | None

    @property
    def is_maps(self) -> bool:
        """Whether it could be the activations of a layer: (1, several channels, more than one pixel)."""
        return (
            self.kind == FLOAT
            and self.dims is not None
            and len(self.dims) == 4
            and self.dims[0] == 1
            and self.dims[1] > 1
            and self.dims[2] * self.dims[3] > 1
        )

    @property
    def count(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.dims or ())


TensorTypes: TypeAlias = dict[str, TensorType]


class ShapeModel:
    """A network whose large weights are inputs, so that shapes are found in milliseconds."""

    def __init__(self, model: onnx.ModelProto, channels: int) -> None:
        self._channels = channels
        self._model = onnx.ModelProto(ir_version=model.ir_version, opset_import=model.opset_import)
        graph = self._model.graph
        graph.name = "skeleton"
        graph.node.extend(model.graph.node)
        graph.input.append(helper.make_tensor_value_info(INPUT, FLOAT, (1, channels, 1, 1)))
        for tensor in model.graph.initializer:
            if math.prod(tensor.dims) <= SMALL:
                graph.initializer.append(tensor)
            else:
                graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))

    @property
    def graph(self) -> onnx.GraphProto:
        """Its nodes."""
        return self._model.graph

    def cut(self, tensors: Sequence[str]) -> ShapeModel:
        """The part of it that `tensors` depend on."""
        part = ShapeModel(self._model, self._channels)
        part._model.CopyFrom(self._model)
        surgery.prune(part.graph, tensors)
        return part

    def at(self, size_hw: Hw) -> TensorTypes:
        """Every tensor for pictures of one size; ModelError when the network does not take that size."""
        dims = self._model.graph.input[0].type.tensor_type.shape.dim
        for dim, value in zip(dims, (1, self._channels, *size_hw), strict=True):
            dim.dim_value = value
        try:
            inferred = onnx.shape_inference.infer_shapes(self._model, check_type=True, strict_mode=True, data_prop=True)
        except (onnx.shape_inference.InferenceError, ValueError, RuntimeError) as error:
            raise ModelError(f"its shapes do not fit for {size_hw[1]}x{size_hw[0]}: {first_line(error)}") from error
        graph = inferred.graph
        found = {value.name: _tensor(value.type) for value in (*graph.input, *graph.value_info)}
        return found | {tensor.name: TensorType(tensor.data_type, tuple(tensor.dims)) for tensor in graph.initializer}


def _tensor(kind: onnx.TypeProto) -> TensorType:
    known = kind.tensor_type.HasField("shape")
    dims = tuple(dim.dim_value if dim.HasField("dim_value") else -1 for dim in kind.tensor_type.shape.dim)
    return TensorType(kind.tensor_type.elem_type, None if not known or -1 in dims else dims)
