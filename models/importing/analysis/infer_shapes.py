"""Infer the type and shape of every tensor of a network for one input size, without its weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import onnx
from onnx import helper

from models.errors import ModelError, one_line
from models.graph import surgery
from models.graph.builder import FLOAT
from models.graph.constant_folding import SIZES
from models.graph.infer_by_node import SHAPE_ERRORS, infer_by_node
from models.importing.validate import check_opset
from models.spec import INPUT, Hw


@dataclass(frozen=True, slots=True)
class TensorType:
    """The element type of a tensor, and its shape or None where it is unknown before the network runs."""

    kind: int
    dims: tuple[int, ...] | None

    @property
    def is_maps(self) -> bool:
        """Whether it can be the activations of a layer: (1, channels, more than one pixel)."""
        return (
            self.kind == FLOAT
            and self.dims is not None
            and len(self.dims) == 4
            and self.dims[0] == 1
            and self.dims[1] > 0
            and self.dims[2] * self.dims[3] > 1
        )

    @property
    def count(self) -> int:
        """The number of its elements."""
        return math.prod(self.dims or ())


TensorTypes: TypeAlias = dict[str, TensorType]


class ShapeModel:
    """A network whose large weights are inputs, so that its shapes are inferred in milliseconds."""

    def __init__(self, model: onnx.ModelProto, channels: int) -> None:
        self._channels = channels
        image = helper.make_tensor_value_info(INPUT, FLOAT, (1, channels, 1, 1))
        self._model = surgery.without_weights(model, [image])

    @property
    def graph(self) -> onnx.GraphProto:
        """The graph without its large weights."""
        return self._model.graph

    def cut(self, tensors: Sequence[str]) -> ShapeModel:
        """The part that `tensors` depend on."""
        part = ShapeModel(self._model, self._channels)
        part._model.CopyFrom(self._model)
        surgery.prune(part.graph, tensors)
        return part

    def at(self, size_hw: Hw) -> TensorTypes:
        """All tensors for one input size; ModelError when the network does not take that size."""
        dims = self._model.graph.input[0].type.tensor_type.shape.dim
        for dim, value in zip(dims, (1, self._channels, *size_hw), strict=True):
            dim.dim_value = value
        try:
            return self._inferred()
        except SHAPE_ERRORS as error:
            raise ModelError(
                f"its shapes do not fit an input of {size_hw[1]}x{size_hw[0]}: {one_line(error)}"
            ) from error

    def _inferred(self) -> TensorTypes:
        graph = self.graph
        if any(node.op_type in SIZES for node in graph.node):
            types = infer_by_node(graph, check_opset(self._model))
            return {name: _tensor(kind) for name, kind in types.items()}
        inferred = onnx.shape_inference.infer_shapes(self._model, check_type=True, strict_mode=True).graph
        types = {value.name: value.type for value in (*inferred.input, *inferred.value_info)}
        stored = {tensor.name: TensorType(tensor.data_type, tuple(tensor.dims)) for tensor in graph.initializer}
        return {name: _tensor(kind) for name, kind in types.items()} | stored


def _tensor(kind: onnx.TypeProto) -> TensorType:
    known = kind.tensor_type.HasField("shape")
    dims = tuple(dim.dim_value if dim.HasField("dim_value") else -1 for dim in kind.tensor_type.shape.dim)
    return TensorType(kind.tensor_type.elem_type, None if not known or -1 in dims else dims)
