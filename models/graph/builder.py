"""Read ONNX graphs and write new nodes into them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import AttributeProto, TensorProto, helper, numpy_helper

OPSET = 18  # the version of the default ONNX domain in every stored network and every finished graph

Shape: TypeAlias = Sequence[int | str | None]


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """The ONNX element type of a tensor and its sizes, None where they are dynamic."""

    elem_type: int
    dims: tuple[int | None, ...]


def ancestors(graph: onnx.GraphProto, tensors: Iterable[str]) -> list[onnx.NodeProto]:
    """The nodes that `tensors` depend on, in the order of the graph."""
    needed, nodes = set(tensors), []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(reads(node))
            nodes.append(node)
    return nodes[::-1]


def reads(node: onnx.NodeProto) -> Iterator[str]:
    """The tensors that a node reads, also in the graphs inside it."""
    yield from node.input
    for attribute in node.attribute:
        if attribute.type == AttributeProto.GRAPH:
            for inner in attribute.g.node:
                yield from reads(inner)


def attributes(node: onnx.NodeProto) -> dict[str, Any]:
    """The attributes of a node by name."""
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def set_attributes(node: onnx.NodeProto, values: Mapping[str, Any]) -> None:
    """Replace the attributes of a node."""
    node.ClearField("attribute")
    node.attribute.extend(helper.make_attribute(name, value) for name, value in values.items())


def replace_nodes(graph: onnx.GraphProto, nodes: Iterable[onnx.NodeProto]) -> None:
    """Replace the nodes of the graph by `nodes`, which may be the same objects."""
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    graph.ClearField("node")
    graph.node.extend(copies)


class GraphBuilder:
    """Appends nodes to a model; each call returns the name of its result, so that calls nest like expressions.

    New tensors are numbered within `scope`.
    """

    def __init__(self, model: onnx.ModelProto, scope: str = "ventral") -> None:
        self.model = model
        self._graph = model.graph
        self._scope = scope
        self._names = {name for node in model.graph.node for name in node.output}
        self._names |= {initializer.name for initializer in model.graph.initializer}
        self._count = 0

    def op(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        """Append a node with one output and return the name of that output."""
        result = self._fresh(op_type.lower())
        self._graph.node.append(helper.make_node(op_type, inputs, [result], name=result, **attributes))
        return result

    def ops(self, op_type: str, *inputs: str, outputs: int, **attributes: Any) -> list[str]:
        """Append a node with several outputs and return their names."""
        results = [self._fresh(op_type.lower()) for _ in range(outputs)]
        self._graph.node.append(helper.make_node(op_type, inputs, results, name=results[0], **attributes))
        return results

    def constant(self, values: NDArray[Any]) -> str:
        """Add `values` as an initializer."""
        name = self._fresh("constant")
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def floats(self, *values: float) -> str:
        """Add a float32 vector, or a scalar when there is one value."""
        return self.constant(np.array(values if len(values) > 1 else values[0], np.float32))

    def scalar(self, value: float, elem_type: int) -> str:
        """Add a scalar of an ONNX element type."""
        return self.constant(np.array(value, helper.tensor_dtype_to_np_dtype(elem_type)))

    def ints(self, *values: int) -> str:
        """Add an int64 vector."""
        return self.constant(np.array(values, np.int64))

    def input(self, name: str, elem_type: int, shape: Shape) -> str:
        """Add a graph input of an ONNX element type."""
        self._graph.input.append(helper.make_tensor_value_info(name, elem_type, shape))
        return name

    def output(self, tensor: str, name: str, elem_type: int, shape: Shape) -> None:
        """Make `tensor` a graph output called `name`."""
        self._graph.node.append(helper.make_node("Identity", [tensor], [name], name=name))
        self._graph.output.append(helper.make_tensor_value_info(name, elem_type, shape))

    def _fresh(self, stem: str) -> str:
        while True:
            self._count += 1
            name = f"{self._scope}/{stem}_{self._count}"
            if name not in self._names:
                return name


def empty_model(name: str) -> onnx.ModelProto:
    """A model without nodes, at the project's opset."""
    return helper.make_model(
        helper.make_graph([], name, [], []),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=10,
        producer_name="ventral",
    )


def join(first: onnx.ModelProto, second: onnx.ModelProto) -> None:
    """Add `second` to `first`, whose tensors it reads; apart from those, the two have no names in common."""
    first.graph.node.extend(second.graph.node)
    first.graph.initializer.extend(second.graph.initializer)


def tensors(model: onnx.ModelProto) -> dict[str, TensorInfo]:
    """The type and sizes of every tensor of known rank, initializers included."""
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    infos = {each.name: TensorInfo(each.data_type, tuple(each.dims)) for each in inferred.initializer}
    for value in (*inferred.input, *inferred.value_info, *inferred.output):
        tensor = value.type.tensor_type
        if tensor.HasField("shape"):
            dims = (dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim)
            infos[value.name] = TensorInfo(tensor.elem_type, tuple(dims))
    return infos


def constants(graph: onnx.GraphProto) -> dict[str, TensorProto]:
    """Every tensor stored in the graph, as an initializer or as a Constant node."""
    stored = {each.name: each for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            value = helper.get_attribute_value(node.attribute[0])
            stored[node.output[0]] = value if isinstance(value, TensorProto) else _tensor(value)
    return stored


def _tensor(value: float | Sequence[float]) -> TensorProto:
    """The tensor of a Constant node that stores a number or a list."""
    array = np.array(value)
    return numpy_helper.from_array(array.astype(np.float32) if array.dtype.kind == "f" else array)


def shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor with static sizes, initializers included."""
    known = tensors(model).items()
    return {name: tuple(dim for dim in info.dims if dim is not None) for name, info in known if None not in info.dims}


FLOAT, FLOAT16 = TensorProto.FLOAT, TensorProto.FLOAT16
INT64 = TensorProto.INT64
UINT8 = TensorProto.UINT8
