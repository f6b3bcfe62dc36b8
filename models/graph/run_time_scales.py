"""Tensors in 8-bit levels, whose scales are given at run time.

A tensor x is stored as uint8 levels: x = scale * (levels - zero). The graph takes all scales as one input, and returns
the largest level of each tensor, from which the caller finds better scales for the next run.
"""

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

import onnx
from onnx import helper

from models.graph.builder import FLOAT, UINT8, GraphBuilder, replace_nodes

SCALES_INPUT, PEAKS_OUTPUT, RECORD = "int8/scales", "int8/peaks", "int8"
"""The scales, float32 (scales,); the largest levels, uint8; the metadata that says what they belong to."""

UNSIGNED, SIGNED = 0, 128  # the zero points
LAST_LEVEL = 255

Record: TypeAlias = list[dict[str, Any]]


def new_scale(model: onnx.ModelProto, tensor: str, zero: int, largest: float | None = None) -> str:
    """The name of a new scale, float (1,).

    `tensor` is a name under which all graphs of a network share what they have found; `largest` is a value that the
    tensor never exceeds, where there is one.
    """
    record = _read(model)
    name = f"{SCALES_INPUT}_{len(record)}"
    model.graph.input.append(helper.make_tensor_value_info(name, FLOAT, (1,)))
    _write(model, [*record, {"scale": name, "tensor": tensor, "zero": zero, "largest": largest, "levels": []}])
    return name


def add_levels(model: onnx.ModelProto, scale: str, levels: Sequence[str]) -> None:
    """Let these tensors, uint8, be measured for a scale."""
    record = _read(model)
    next(each for each in record if each["scale"] == scale)["levels"] += levels
    _write(model, record)


def has_limit(model: onnx.ModelProto, scale: str) -> bool:
    """Whether the tensors of a scale have a value that they never exceed."""
    return any(each["scale"] == scale and each["largest"] is not None for each in _read(model))


def connect_scales(model: onnx.ModelProto) -> None:
    """Join all scales to the input SCALES_INPUT, and add the output PEAKS_OUTPUT.

    A signed tensor has two peaks, of its largest value and of its smallest, counted from the other end.
    """
    record, graph = _read(model), model.graph
    if not record:
        return
    builder, peaks = GraphBuilder(model, "int8"), list[str]()
    for each in record:
        first = len(peaks)
        for levels in each.pop("levels"):
            peaks.append(builder.op("ReduceMax", levels, keepdims=0))
            if each["zero"] == SIGNED:
                peaks.append(builder.op("BitwiseNot", builder.op("ReduceMin", levels, keepdims=0)))
        each["peaks"] = [first, len(peaks)]
    vector = builder.op("ConcatFromSequence", builder.op("SequenceConstruct", *peaks), axis=0, new_axis=1)
    builder.output(vector, PEAKS_OUTPUT, UINT8, (len(peaks),))
    names = [each.pop("scale") for each in record]
    inputs = [each for each in graph.input if each.name not in names]
    graph.ClearField("input")
    graph.input.extend([*inputs, helper.make_tensor_value_info(SCALES_INPUT, FLOAT, (len(names),))])
    split = helper.make_node("Split", [SCALES_INPUT], names, name=SCALES_INPUT, axis=0, num_outputs=len(names))
    replace_nodes(graph, [split, *graph.node])
    _write(model, record)


def _read(model: onnx.ModelProto) -> Record:
    found: Record = next((json.loads(each.value) for each in model.metadata_props if each.key == RECORD), [])
    return found


def _write(model: onnx.ModelProto, record: Record) -> None:
    others = {each.key: each.value for each in model.metadata_props if each.key != RECORD}
    helper.set_model_props(model, {**others, RECORD: json.dumps(record)})
