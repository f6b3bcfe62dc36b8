"""Bring a network from anywhere into one form: opset 18 or later, float32, NCHW, one input, weights kept as weights."""

from __future__ import annotations

import onnx
from onnx import TensorProto

from models.graph import surgery
from models.importing import validate as sound
from models.importing.input import find_input as entrance
from models.importing.input.find_input import PictureInput
from models.importing.overrides import InputLayout
from models.importing.passes import convert_opset as upgrade

OWN = "scores/"
"""What the names of the classifier's tensors begin with."""

HANDED_ON = ("Transpose", "Reshape", "Slice", "Gather", "Squeeze", "Unsqueeze")
"""What bytes may go through before they become floats."""


def normalize(model: onnx.ModelProto, layout: InputLayout | None) -> PictureInput:
    """Rewrite a sound `model` in place, and say what its input was; ModelError when it cannot be.

    It still computes what it computed, all its outputs included.
    """
    graph = model.graph
    for node in graph.node:
        node.domain = ""
    _spare_own_names(graph)
    surgery.constants_to_initializers(graph)
    upgrade.convert_opset(model)
    surgery.constants_to_initializers(graph)
    surgery.bypass(graph, ("Identity", "Dropout"))
    _forget_defaults(graph)
    found = entrance.find_input(graph, layout)
    as_bytes = found.kind == TensorProto.UINT8 and _stays_bytes(graph, found.name)
    surgery.halves_to_floats(graph)
    entrance.replace_input(graph, found, as_bytes=as_bytes)
    graph.ClearField("value_info")
    graph.ClearField("quantization_annotation")
    sound.check_weights(graph)
    return found


def _spare_own_names(graph: onnx.GraphProto) -> None:
    """What will be written of the classifier has names of its own."""
    taken = {name for node in graph.node for name in (*node.input, *node.output)}
    surgery.rename(graph, {name: f"net/{name}" for name in taken if name.startswith(OWN)})


def _forget_defaults(graph: onnx.GraphProto) -> None:
    """Old files list their weights among the inputs."""
    held = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in held]
    copies = [onnx.ValueInfoProto.FromString(value.SerializeToString()) for value in inputs]
    graph.ClearField("input")
    graph.input.extend(copies)


def _stays_bytes(graph: onnx.GraphProto, name: str) -> bool:
    """Whether anything computes with the bytes before they become floats."""
    known = {name}
    for node in graph.node:
        if known.intersection(node.input):
            if node.op_type in HANDED_ON:
                known.update(node.output)
            elif node.op_type != "Cast":
                return True
    return False
