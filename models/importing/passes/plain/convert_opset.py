"""Convert a graph of an older opset with onnx.version_converter.

The converter copies its model several times, so it gets one whose weights are inputs: 28 ms instead of 104 ms for
GoogLeNet's 28 MB. `trial_run` compares the result with the original in ONNX Runtime.
"""

import onnx
from onnx import defs, helper, version_converter

from models.errors import ModelError, one_line
from models.graph.builder import OPSET, attributes, replace_nodes, set_attributes
from models.graph.surgery import without_weights
from models.importing.passes.context import PassContext
from models.importing.validate import check_opset

NEWEST_RUN = 26
"""The newest opset of ONNX Runtime 1.31."""

LEGACY_RESIZE = b"tf_half_pixel_for_nn"


def convert_opset(context: PassContext) -> None:
    """Rewrite the model in opset 18, or in the first newer one that has its operators and that ONNX Runtime runs.

    Raises ModelError for an operator that cannot be converted.
    """
    model = context.model
    for node in model.graph.node:
        node.domain = ""
    needed = _needed_opset(model, check_opset(model))
    version = min(max(needed, OPSET), NEWEST_RUN)
    if version != needed:
        _convert(model, version)
    del model.opset_import[:]
    model.opset_import.append(helper.make_opsetid("", version))
    model.ir_version = max(model.ir_version, 10)


def has_current_opset(context: PassContext) -> bool:
    """The model is in opset 18 or newer."""
    return check_opset(context.model) >= OPSET


def _needed_opset(model: onnx.ModelProto, version: int) -> int:
    """The first opset from OPSET on in which all operators are what they are in opset `version`, or an older one."""
    if version <= OPSET:
        return version
    return max([OPSET, *(defs.get_schema(node.op_type, version, "").since_version for node in model.graph.node)])


def _convert(model: onnx.ModelProto, version: int) -> None:
    graph = model.graph
    weights = {tensor.name for tensor in graph.initializer}
    light = without_weights(model, [value for value in graph.input if value.name not in weights])
    light.graph.output.extend(graph.output)
    small = {tensor.name for tensor in light.graph.initializer}
    try:
        converted = version_converter.convert_version(light, version).graph
    except Exception as error:  # ConvertError or RuntimeError, by what fails
        raise ModelError(f"it cannot be converted to opset {version}: {one_line(error)}") from error
    replace_nodes(graph, converted.node)
    graph.initializer.extend(tensor for tensor in converted.initializer if tensor.name not in small)
    for node in graph.node:
        _replace_legacy_resize(node)


def _replace_legacy_resize(node: onnx.NodeProto) -> None:
    """A mode that opset 13 deprecated: floor((x + 0.5) * scale)."""
    if attributes(node).get("coordinate_transformation_mode") == LEGACY_RESIZE:
        modes = {"coordinate_transformation_mode": "half_pixel", "nearest_mode": "round_prefer_ceil"}
        set_attributes(node, attributes(node) | modes)
