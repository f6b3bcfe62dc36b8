"""Node by node, shapes are those of onnx's own inference, and a tensor's claims take no memory."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from models.graph.infer_by_node import SHAPE_ERRORS, infer_by_node, known_dims
from tests.models.importing.nets import NETS, torch_resnet


@pytest.mark.parametrize("name", ["torch_resnet", "shuffle", "mobile", "segmenter"])
def test_shapes_are_those_of_onnx(name: str) -> None:
    model = NETS[name]()
    for dim in model.graph.input[0].type.tensor_type.shape.dim:
        dim.dim_value = dim.dim_value or 1
    found = infer_by_node(model.graph, model.opset_import[0].version)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    expected = {value.name: known_dims(value.type) for value in inferred.value_info}
    known = {name: dims for name, dims in expected.items() if dims is not None}
    assert len(known) > 5
    assert {name: known_dims(found[name]) for name in known} == known


def test_what_does_not_fit_is_an_error() -> None:
    model = torch_resnet()
    model.graph.node[-1].input[0] = model.graph.node[0].output[0]
    with pytest.raises(SHAPE_ERRORS):
        infer_by_node(model.graph, 13)


CLAIM = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
import onnx, sys
from models.graph.infer_by_node import infer_by_node
infer_by_node(onnx.load(sys.argv[1]).graph, 18)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it has no limits of memory")
def test_claim_of_a_terabyte_takes_no_memory(tmp_path_factory: pytest.TempPathFactory) -> None:
    """onnx's own propagation of values lists each of the numbers that a reshaped constant claims to have."""
    stored = {"few": np.ones(8, np.int64), "claim": np.array([2**40])}
    nodes = [
        helper.make_node("Reshape", ["few", "claim"], ["many"]),
        helper.make_node("Cast", ["many"], ["cast"], to=onnx.TensorProto.INT64),
        helper.make_node("Pad", ["x", "cast"], ["y"]),
        helper.make_node("Shape", ["x"], ["s"]),
    ]
    weights = [numpy_helper.from_array(values, name) for name, values in stored.items()]
    image = helper.make_tensor_value_info("x", 1, [1, 3, 64, 64])
    path = tmp_path_factory.mktemp("claim") / "claim.onnx"
    onnx.save(helper.make_model(helper.make_graph(nodes, "claim", [image], [], weights)), path)
    subprocess.run([sys.executable, "-c", CLAIM, str(path)], check=True, timeout=60)
