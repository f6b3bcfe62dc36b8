"""A file of the user's own: what is made of it computes the same, and is made once."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import onnx
import pytest

from models.graph.surgery import rename
from models.graph.truncate import truncate
from models.importing import import_network
from models.importing.input.normalization import CAFFE
from models.importing.open_network import open_network
from models.importing.overrides import Overrides
from models.spec import INPUT
from realtime.inference.engine import Engine
from realtime.inference.network_input import network_input
from realtime.inference.predictions import classify
from realtime.inference.providers import CPU
from tests.models.importing.nets import CLASSES, NETS, grey, squeeze
from tests.models.importing.reference import picture, run, save, scores

CLASSIFIERS = sorted(set(NETS) - {"segmenter"})


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifier_says_what_the_file_says(tmp_path: Path, name: str) -> None:
    model = NETS[name]()
    path = save(model, tmp_path)
    network = open_network(str(path))
    tensor = picture(network, network.info.scores.size_hw)
    logits, probabilities = scores(network, tensor)
    said = run(str(path), tensor)[0].ravel().astype(np.float32)
    ending = model.graph.node[-1].op_type
    expected = {"Softmax": said, "Sigmoid": said, "LogSoftmax": np.exp(said)}.get(ending)
    if expected is None:
        np.testing.assert_allclose(logits, said, rtol=1e-3, atol=1e-3 if name == "half" else 1e-5)
        expected = np.exp(said - said.max()) / np.exp(said - said.max()).sum()
    assert len(network.info.scores.labels) == CLASSES
    np.testing.assert_allclose(probabilities, expected, atol=1e-3 if name == "half" else 1e-5)


@pytest.mark.parametrize("name", NETS)
def test_every_layer_is_a_finite_map_of_its_channels_and_stride(tmp_path: Path, name: str) -> None:
    network = open_network(str(save(NETS[name](), tmp_path)))
    info = network.info
    size_hw = info.input.fixed_hw or (128, 192)
    model = onnx.load(network.path)
    outputs = [value for value in model.graph.output if value.name in {layer.name for layer in info.layers}]
    truncate(model, [layer.name for layer in info.layers])
    model.graph.output.extend(outputs)
    found = run(model.SerializeToString(), picture(network, size_hw), [layer.name for layer in info.layers])
    assert len(info.layers) == len({layer.name for layer in info.layers}) > 1
    for layer, activations in zip(info.layers, found, strict=True):
        assert np.isfinite(activations).all()
        assert activations.shape[1] == layer.channels
        assert abs(activations.shape[2] - size_hw[0] / layer.stride) <= 3
        assert abs(activations.shape[3] - size_hw[1] / layer.stride) <= 3


def test_stored_network_is_what_everything_else_expects(tmp_path: Path) -> None:
    network = open_network(str(save(NETS["nhwc_11"](), tmp_path)))
    model = onnx.load(network.path)
    onnx.checker.check_model(model, full_check=True)
    dims = model.graph.input[0].type.tensor_type.shape.dim
    assert [each.name for each in model.graph.input] == [INPUT]
    assert [dims[0].dim_value, dims[1].dim_value] == [1, 3]
    assert not dims[2].dim_value
    assert model.opset_import[0].version == 18
    assert not {"Transpose", "Shape", "Dropout", "Identity", "Constant"} & {node.op_type for node in model.graph.node}


def test_name_is_that_of_the_file_and_its_weights_are_its_own(tmp_path: Path) -> None:
    info = open_network(str(save(squeeze(), tmp_path, "my net.onnx"))).info
    assert info.name == "my net"
    assert info.trained


def test_file_is_imported_once_whatever_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_network(str(save(squeeze(), tmp_path, "one.onnx")))
    monkeypatch.setattr(import_network, "validate", None)
    second = open_network(str(save(squeeze(), tmp_path, "two.onnx")))
    assert (second.path, second.digest) == (first.path, first.digest)
    assert second.info.name == "two"


@pytest.mark.parametrize("suffix", [".onnx", ".json"])
def test_damaged_cache_is_made_anew(tmp_path: Path, suffix: str) -> None:
    path = save(squeeze(), tmp_path)
    before = open_network(str(path))
    before.path.with_suffix(suffix).write_bytes(b"damaged")
    assert open_network(str(path)).digest == before.digest


def test_input_is_logged_at_the_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = save(grey(), tmp_path, "digits.onnx")
    with caplog.at_level(logging.INFO):
        open_network(str(path))
        open_network(str(path), Overrides(mean=(0.0,), scale=(0.25,)))
    first, saved, second = caplog.messages
    assert saved.startswith("saved the options of digits.onnx in ")
    assert first.startswith("input of digits: GREY minus 114.5 times 0.01735, guessed: ")
    assert second == "input of digits: GREY times 0.25, set by options"


def test_fixed_size_is_kept_where_the_layers_need_it(tmp_path: Path) -> None:
    model = NETS["torch_resnet"]()
    shape = onnx.numpy_helper.from_array(np.array([1, 8, 16, 16]), "same")
    model.graph.initializer.append(shape)
    pool = next(node for node in model.graph.node if node.op_type == "MaxPool")
    place = list(model.graph.node).index(pool) + 1
    model.graph.node.insert(place, onnx.helper.make_node("Reshape", [pool.output[0], "same"], ["pinned"]))
    for node in list(model.graph.node)[place + 1 :]:
        node.input[:] = ["pinned" if name == pool.output[0] else name for name in node.input]
    info = open_network(str(save(model, tmp_path))).info
    assert info.input.fixed_hw == info.scores.size_hw == (64, 64)


REAL = ("squeezenet_v1_1", "googlenet")


@pytest.fixture
def real(assets: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A real network in a folder where overrides may be saved."""
    path = tmp_path / f"{request.param}.onnx"
    path.symlink_to(assets / "weights" / path.name)
    return path


@pytest.mark.parametrize("real", REAL, indirect=True)
def test_real_classifier_sees_the_cat_exactly_as_the_file_does(real: Path, assets: Path) -> None:
    import cv2

    image = cv2.imread(str(assets / "media" / "chelsea.jpg"))
    assert image is not None
    network = open_network(str(real), Overrides(labels=assets / "weights" / "imagenet_labels.txt"))
    with Engine(CPU) as engine:
        top = classify(engine, network, image)  # type: ignore[arg-type]
    seen = np.asarray(network_input(image, network.info.scores.size_hw), np.float32) - (104, 117, 123)  # type: ignore[arg-type]
    said = run(str(real), seen.transpose(2, 0, 1)[None].astype(np.float32))[0].ravel()
    assert [each.index for each in top] == np.argsort(-said)[:5].tolist()
    assert max(abs(each.probability - said[each.index]) for each in top) < 1e-3
    assert top[0].label in ("Egyptian cat", "tabby", "tiger cat")


@pytest.mark.parametrize("real", REAL, indirect=True)
def test_real_classifier_is_fed_on_its_scale_without_being_told(real: Path, tmp_path: Path) -> None:
    model = onnx.load(real)
    model.graph.doc_string = model.doc_string = model.producer_name = ""
    model.graph.name = "nameless"
    del model.metadata_props[:]
    names = {name for node in model.graph.node for name in (*node.input, *node.output)}
    rename(model.graph, {name: f"t{number}" for number, name in enumerate(sorted(names))})
    for node in model.graph.node:
        node.name = ""
    fed = open_network(str(save(model, tmp_path, "nameless.onnx"))).info.input
    assert (fed.colours, fed.mean, fed.scale) == (CAFFE.colours, CAFFE.mean, CAFFE.scale)


@pytest.mark.parametrize("real", ["googlenet"], indirect=True)
def test_stem_and_modules_of_googlenet_are_its_key_layers(real: Path) -> None:
    info = open_network(str(real)).info
    modules = [f"inception_{name}/output" for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")]
    assert [layer.name for layer in info.key_layers] == ["conv1/7x7_s2", "conv2/3x3", *modules]
    assert [layer.stride for layer in info.key_layers] == [2, 4, 8, 8, *[16] * 5, 32, 32]
    assert info.input.smallest >= 32
    assert json.loads(info.to_json())["input"]["colours"] == "BGR"
