"""Rewrite a graph of opset 11 to 17 in opset 18, in place.

Most operators only learned new types of numbers on the way; the few that changed have a rule each. Unlike
onnx.version_converter it copies no weights: that one takes half a second for 28 MB (measured).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
import onnx
from onnx import defs, helper, numpy_helper

from models.errors import ModelError
from models.graph.builder import OPSET, attributes, replace_nodes
from models.importing.validate import check_opset

Attributes: TypeAlias = dict[str, Any]


class Upgrade:
    """One graph being rewritten: rules ask it for constants and fresh names."""

    def __init__(self, graph: onnx.GraphProto, version: int) -> None:
        self.version = version
        self.empty = {tensor.name for tensor in graph.initializer if 0 in tensor.dims}
        self._graph = graph
        self._taken = {name for node in graph.node for name in (*node.input, *node.output)}
        self._taken.update(tensor.name for tensor in graph.initializer)

    def ints(self, stem: str, values: list[int]) -> str:
        """Add an int64 vector."""
        name = self.fresh(stem)
        self._graph.initializer.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def fresh(self, stem: str) -> str:
        """A name that nothing has."""
        name, count = stem, 0
        while name in self._taken:
            count += 1
            name = f"{stem}_{count}"
        self._taken.add(name)
        return name


ConversionRule: TypeAlias = Callable[[Upgrade, onnx.NodeProto, Attributes], Iterator[onnx.NodeProto]]


def convert_opset(model: onnx.ModelProto) -> None:
    """Rewrite `model` in opset 18 where it is older; ModelError for an operator that cannot be."""
    version = check_opset(model)
    if version < OPSET:
        work = Upgrade(model.graph, version)
        nodes = [new for node in model.graph.node for new in _renewed(work, node)]
        replace_nodes(model.graph, nodes)
    del model.opset_import[:]
    model.opset_import.append(helper.make_opsetid("", max(version, OPSET)))
    model.ir_version = max(model.ir_version, 10)


def _renewed(work: Upgrade, node: onnx.NodeProto) -> Iterator[onnx.NodeProto]:
    old, new = (defs.get_schema(node.op_type, version) for version in (work.version, OPSET))
    if node.op_type in RULES:
        yield from RULES[node.op_type](work, node, attributes(node))
    elif new.deprecated or set(new.attributes) < set(old.attributes) or len(new.inputs) < len(old.inputs):
        raise ModelError(f"{node.op_type} of opset {work.version} is no more; export it in opset {OPSET}")
    else:
        yield node


def _make(node: onnx.NodeProto, attributes: Attributes, inputs: list[str] | None = None) -> onnx.NodeProto:
    return helper.make_node(node.op_type, inputs or list(node.input), list(node.output), name=node.name, **attributes)


def _input_for(attribute: str, since: int) -> ConversionRule:
    """A rule for a list of numbers that became the second input in opset `since`."""

    def rule(work: Upgrade, node: onnx.NodeProto, attributes: Attributes) -> Iterator[onnx.NodeProto]:
        if work.version >= since or attribute not in attributes:
            yield node
            return
        values = work.ints(f"{node.output[0]}/{attribute}", list(attributes.pop(attribute)))
        yield _make(node, attributes, [node.input[0], values])

    return rule


def _split(work: Upgrade, node: onnx.NodeProto, attributes: Attributes) -> Iterator[onnx.NodeProto]:
    """Equal parts have to be counted since 18."""
    if work.version < 13 and "split" in attributes:
        yield from _input_for("split", 13)(work, node, attributes)
    elif len(node.input) < 2 or not node.input[1]:
        yield _make(node, {**attributes, "num_outputs": len(node.output)}, [node.input[0]])
    else:
        yield node


def _softmax(work: Upgrade, node: onnx.NodeProto, attributes: Attributes) -> Iterator[onnx.NodeProto]:
    """Before 13 all axes from `axis` on were one."""
    if work.version >= 13:
        yield node
        return
    flat, soft, shape = (work.fresh(f"{node.output[0]}/{word}") for word in ("flat", "soft", "shape"))
    yield helper.make_node("Shape", [node.input[0]], [shape])
    yield helper.make_node("Flatten", [node.input[0]], [flat], axis=attributes.get("axis", 1))
    yield helper.make_node(node.op_type, [flat], [soft], name=node.name, axis=1)
    yield helper.make_node("Reshape", [soft, shape], [node.output[0]])


def _dropout(work: Upgrade, node: onnx.NodeProto, attributes: Attributes) -> Iterator[onnx.NodeProto]:
    """Nothing is dropped outside training."""
    yield helper.make_node("Identity", [node.input[0]], [node.output[0]], name=node.name)


def _batch_normalization(work: Upgrade, node: onnx.NodeProto, attributes: Attributes) -> Iterator[onnx.NodeProto]:
    """The statistics that came out beside it were for training."""
    if work.version < 14:
        del node.output[1:]
    yield node


def _resize(work: Upgrade, node: onnx.NodeProto, attributes: Attributes) -> Iterator[onnx.NodeProto]:
    """What is not given was an empty tensor, and is no name now."""
    kept = ["" if name in work.empty else name for name in node.input]
    if attributes.get("coordinate_transformation_mode") == b"tf_half_pixel_for_nn":  # floor((x + 0.5) * scale)
        attributes |= {"coordinate_transformation_mode": "half_pixel", "nearest_mode": "round_prefer_ceil"}
    yield _make(node, attributes, kept)


def _roi_align(work: Upgrade, node: onnx.NodeProto, attributes: Attributes) -> Iterator[onnx.NodeProto]:
    """The default changed in 16."""
    default = {} if work.version >= 16 else {"coordinate_transformation_mode": "output_half_pixel"}
    yield _make(node, {**default, **attributes})


RULES: dict[str, ConversionRule] = {
    "Squeeze": _input_for("axes", 13),
    "Unsqueeze": _input_for("axes", 13),
    "ReduceSum": _input_for("axes", 13),
    **{
        f"Reduce{name}": _input_for("axes", 18)
        for name in ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "SumSquare")
    },
    "Split": _split,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "Hardmax": _softmax,
    "Dropout": _dropout,
    "BatchNormalization": _batch_normalization,
    "Resize": _resize,
    "RoiAlign": _roi_align,
}
"""What changed in meaning or form between opset 11 and 18."""
