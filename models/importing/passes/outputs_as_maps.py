"""Turn outputs that lie on the picture into maps: (1, channels, height, width) in float32, as layers are.

A segmenter may return the number of a class for each pixel, and a network for depth a single plane.
"""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.graph import surgery
from models.graph.builder import FLOAT, attributes
from models.importing.analysis.find_layers import lies_on_picture
from models.importing.analysis.infer_shapes import ShapeModel, TensorType
from models.importing.analysis.input_sizes import normal_size
from models.importing.analysis.layer_names import MAPS_SUFFIX
from models.importing.input.find_input import TO_NCHW, TO_NHWC
from models.importing.passes.context import PassContext
from models.spec import INPUT, Hw

NUMBERS = (FLOAT, TensorProto.INT64, TensorProto.INT32, TensorProto.UINT8, TensorProto.BOOL, TensorProto.DOUBLE)

Axes = Sequence[int]


def outputs_as_maps(context: PassContext) -> None:
    """Append the casts and transposes that turn each such output into maps, and declare these instead."""
    graph = context.graph
    variable = surgery.dependents(graph, INPUT)
    if not any(output.name in variable for output in graph.output):
        return
    light = ShapeModel(context.model, context.input.channels)
    size_hw, tensors = normal_size(light, context.input.declared_hw)
    for output in graph.output:
        tensor = tensors.get(output.name)
        if output.name in variable and tensor is not None and tensor.kind in NUMBERS:
            output.name = _as_maps(graph, output.name, tensor, size_hw)


def _as_maps(graph: onnx.GraphProto, name: str, tensor: TensorType, size_hw: Hw) -> str:
    """The name of the output as maps; its own where it is no map, or one already."""
    dims = tensor.dims or ()
    missing, is_nhwc = _missing_axes(dims, size_hw), False
    if len(dims) == 4 and dims[0] == 1 and missing is None:
        is_nhwc = lies_on_picture(dims[1:3], size_hw)
        missing = () if is_nhwc else None
    if missing is None:
        return name
    maker = next(node for node in graph.node if name in node.output)
    if is_nhwc and maker.op_type == "Transpose" and list(attributes(maker).get("perm", ())) == TO_NHWC:
        name, is_nhwc = maker.input[0], False
    source = name
    if tensor.kind != FLOAT:
        is_last = not is_nhwc and not missing
        name = _append(graph, "Cast", [name], f"{source}{MAPS_SUFFIX if is_last else '/float'}", to=FLOAT)
    if is_nhwc:
        name = _append(graph, "Transpose", [name], f"{source}{MAPS_SUFFIX}", perm=TO_NCHW)
    if missing:
        axes = numpy_helper.from_array(np.array(missing, np.int64), f"{source}/axes")
        graph.initializer.append(axes)
        name = _append(graph, "Unsqueeze", [name, axes.name], f"{source}{MAPS_SUFFIX}")
    return name


def _missing_axes(dims: Sequence[int], size_hw: Hw) -> Axes | None:
    """The axes of maps that a tensor lacks; None where its last two do not lie on the picture."""
    if not 2 <= len(dims) <= 4 or not lies_on_picture(dims[-2:], size_hw):
        return None
    match len(dims):
        case 4:
            return () if dims[0] == 1 else None
        case 3:
            return (1,) if dims[0] == 1 else (0,)
        case _:
            return (0, 1)


def _append(graph: onnx.GraphProto, kind: str, inputs: Sequence[str], output: str, **values: object) -> str:
    graph.node.append(helper.make_node(kind, inputs, [output], **values))  # type: ignore[arg-type]
    return output
