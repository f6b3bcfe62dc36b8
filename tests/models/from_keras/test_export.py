"""The whole way from Keras to a stored network, compared with Keras once more and independently."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from models import zoo
from models.errors import ModelError, OutputError, SetupError
from models.from_keras import export, weights
from models.from_keras.import_tensorflow import import_tensorflow
from models.from_keras.keras_passes import stored
from models.spec import Hw, ModelInfo

VGG16 = zoo.entry("vgg16")
LAYERS = zoo.vgg16_layers()
NAMES = [layer.name for layer in LAYERS]
ASSETS = os.environ.get("VENTRAL_TEST_ASSETS")


@dataclass
class Exported:
    info: ModelInfo
    path: Path
    model: onnx.ModelProto

    @property
    def weights(self) -> dict[str, NDArray[Any]]:
        return {tensor.name: numpy_helper.to_array(tensor) for tensor in self.model.graph.initializer}


def exported(path: Path, *, weights: str, until: str | None = None) -> Exported:
    info = export.export(VGG16, weights=weights, until=until, out=path, force=False)
    return Exported(info, path, onnx.load(path, load_external_data=False))


@pytest.fixture(scope="module")
def vgg16(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return exported(tmp_path_factory.mktemp("vgg16") / "new folder" / "vgg16.onnx", weights="none")


def vgg_shapes(until: str) -> weights.ArrayShapes:
    channels = [3, *(layer.channels for layer in LAYERS)]
    count = NAMES.index(until) + 1
    shapes = [((3, 3, before, after), (after,)) for before, after in itertools.pairwise(channels)]
    return dict(zip(NAMES[:count], shapes[:count], strict=True))


def npz(path: Path, until: str, **replaced: NDArray[Any]) -> Path:
    layers = weights.seeded(vgg_shapes(until), seed=3)
    kernels: dict[str, Any] = {f"{name}_W": kernel for name, (kernel, _) in layers.items()}
    biases: dict[str, Any] = {f"{name}_b": bias for name, (_, bias) in layers.items()}
    np.savez(path, allow_pickle=False, **(kernels | biases | replaced))
    return path


def keras_outputs(stored: Exported, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """What VGG16 of Keras gives in NCHW, with the kernels and biases that the stored network holds."""
    import keras

    network = keras.applications.VGG16(include_top=False, weights=None, input_shape=(None, None, 3))
    names = [layer.name for layer in stored.info.layers]
    for name in names:
        kernel = stored.weights[f"{name}_W"].transpose(2, 3, 1, 0)
        network.get_layer(name).set_weights([kernel, stored.weights[f"{name}_b"]])
    taps = keras.Model(network.input, [network.get_layer(name).output for name in names])
    return [np.transpose(output, (0, 3, 1, 2)) for output in taps(tensor.transpose(0, 2, 3, 1))]


def onnx_outputs(path: Path, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return [np.asarray(output) for output in session.run(None, {"input": tensor})]


def picture(size_hw: Hw) -> NDArray[np.float32]:
    """A smooth gradient with noise on it, preprocessed for VGG16: (1, 3, height, width)."""
    ramp = np.linspace(0, 200, size_hw[1], dtype=np.float32)
    noise = np.random.default_rng(5).uniform(0, 55, (1, 3, *size_hw))
    return np.asarray(ramp + noise - np.reshape(VGG16.input.mean, (1, 3, 1, 1)), np.float32)


def assert_agrees_with_keras(stored: Exported, size_hw: Hw) -> None:
    tensor = picture(size_hw)
    found, expected = onnx_outputs(stored.path, tensor), keras_outputs(stored, tensor)
    for layer, one, other in zip(stored.info.layers, found, expected, strict=True):
        assert one.shape == (1, layer.channels, size_hw[0] // layer.stride, size_hw[1] // layer.stride)
        assert np.abs(other).max() > 0.1
        assert np.abs(one - other).max() <= 1e-4 * np.abs(other).max(), layer.name


@pytest.mark.parametrize("size_hw", [(224, 224), (160, 288), (97, 131)])
def test_all_outputs_agree_with_keras(vgg16: Exported, size_hw: Hw) -> None:
    assert_agrees_with_keras(vgg16, size_hw)


def test_the_stored_network_is_plain(vgg16: Exported) -> None:
    graph = vgg16.model.graph
    assert [node.op_type for node in graph.node if node.op_type != "Relu"] == [
        "MaxPool" if name.endswith("pool") else "Conv"
        for name in sorted([*NAMES, *(f"block{block}_pool" for block in range(1, 5))])
    ]
    assert [(opset.domain, opset.version) for opset in vgg16.model.opset_import] == [("", 18)]
    for node in graph.node:
        attributes = {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}
        assert "auto_pad" not in attributes
        if node.op_type != "Relu":
            assert attributes["pads"] == ([1, 1, 1, 1] if node.op_type == "Conv" else [0, 0, 0, 0])


def test_tensors_have_the_names_of_keras_layers(vgg16: Exported) -> None:
    graph = vgg16.model.graph
    [fed] = graph.input
    dims = [dim.dim_param or dim.dim_value for dim in fed.type.tensor_type.shape.dim]
    assert (fed.name, dims) == ("input", [1, 3, "height", "width"])
    assert [output.name for output in graph.output] == NAMES
    assert set(vgg16.weights) == {f"{name}_{kind}" for name in NAMES for kind in "Wb"}
    made = {tensor: node for node in graph.node for tensor in node.output}
    for name in NAMES:
        convolution = made[made[name].input[0]]
        assert list(convolution.input[1:]) == [f"{name}_W", f"{name}_b"]
    assert {"block1_conv1/preact", "block1_conv2/maxpool", "block4_conv3/maxpool"} <= set(made)


def test_the_file_carries_its_facts(vgg16: Exported) -> None:
    facts = {entry.key: entry.value for entry in vgg16.model.metadata_props}
    assert ModelInfo.from_json(facts["ventral"]) == vgg16.info
    assert vgg16.info == ModelInfo("vgg16", "none", VGG16.input, LAYERS)
    assert float(facts[export.ERROR_KEY]) <= 1e-4
    assert all(np.all(values != 0) for name, values in vgg16.weights.items() if name.endswith("_b"))


def test_until_needs_and_keeps_only_the_first_layers(tmp_path: Path) -> None:
    path = npz(tmp_path / "mine.npz", "block3_conv3")
    stored = exported(tmp_path / "out.onnx", weights=str(path), until="block3_conv3")
    assert stored.info == ModelInfo("vgg16", "mine.npz", VGG16.input, LAYERS[:7])
    assert [output.name for output in stored.model.graph.output] == NAMES[:7]
    assert stored.model.graph.node[-1].output[0] == "block3_conv3"
    for name, (kernel, bias) in weights.seeded(vgg_shapes("block3_conv3"), seed=3).items():
        np.testing.assert_array_equal(stored.weights[f"{name}_W"], kernel.transpose(3, 2, 0, 1))
        np.testing.assert_array_equal(stored.weights[f"{name}_b"], bias)
    assert_agrees_with_keras(stored, (160, 288))


@pytest.mark.skipif(ASSETS is None, reason="VENTRAL_TEST_ASSETS is not set")
def test_real_weights(tmp_path: Path) -> None:
    path = Path(ASSETS or "", "weights", "vgg16_blocks1to3_notop.npz")
    stored = exported(tmp_path / "out.onnx", weights=str(path), until="block3_conv3")
    assert stored.weights["block1_conv1_W"][0, 0, 0, 0] == pytest.approx(0.42947, abs=1e-5)
    assert_agrees_with_keras(stored, (224, 224))
    with pytest.raises(ModelError, match="--until block3_conv3"):
        exported(tmp_path / "deeper.onnx", weights=str(path), until="block4_conv1")


def test_zero_biases_are_kept(tmp_path: Path) -> None:
    zeros = np.zeros(64, np.float32)
    path = npz(tmp_path / "w.npz", "block1_conv2", block1_conv1_b=zeros, block1_conv2_b=zeros)
    stored = exported(tmp_path / "out.onnx", weights=str(path), until="block1_conv2")
    assert set(stored.weights) == {f"block1_conv{index}_{kind}" for index in (1, 2) for kind in "Wb"}
    assert_agrees_with_keras(stored, (64, 96))


def test_an_existing_file_is_replaced_only_by_force(tmp_path: Path) -> None:
    path = tmp_path / "out.onnx"
    path.write_text("precious")
    with pytest.raises(OutputError, match=r"exists already; .* --force"):
        exported(path, weights="none", until="block1_conv1")
    assert path.read_text() == "precious"
    export.export(VGG16, weights="none", until="block1_conv1", out=path, force=True)
    assert len(onnx.load(path).graph.output) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        export.export(VGG16, weights="none", until="block1_conv1", out=tmp_path, force=True)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write"):
        exported(tmp_path / "file" / "out.onnx", weights="none", until="block1_conv1")


def fails(folder: Path, **arguments: Any) -> str:
    """The one line that the export fails with; nothing new lies in `folder` afterwards."""
    before = sorted(folder.iterdir())
    with pytest.raises((ModelError, SetupError)) as caught:
        exported(folder / "out.onnx", **arguments)
    assert sorted(folder.iterdir()) == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_unknown_layer_is_named(tmp_path: Path) -> None:
    assert "'block9_conv1' is not in vgg16" in fails(tmp_path, weights="none", until="block9_conv1")


def test_bad_weights_leave_no_file(tmp_path: Path) -> None:
    path = npz(tmp_path / "w.npz", "block2_conv1", block1_conv2_W=np.zeros((3, 3, 64, 65), np.float32))
    message = fails(tmp_path, weights=str(path), until="block2_conv1")
    assert "'block1_conv2'" in message
    assert "(3, 3, 64, 65)" in message
    assert "imagnet" in fails(tmp_path, weights="imagnet")


def test_a_network_that_differs_from_keras_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoilt(*arguments: Any) -> onnx.ModelProto:
        model = stored(*arguments)
        kernel = model.graph.initializer[0]
        kernel.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(kernel) * 1.001, kernel.name))
        return model

    monkeypatch.setattr(export, "stored", spoilt)
    assert re.search(
        r"differs from Keras by .* in block1_conv1; expected at most 1e-04",
        fails(tmp_path, weights="none", until="block1_conv2"),
    )


def test_without_tensorflow_the_command_that_installs_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_tensorflow.cache_clear()
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    message = fails(tmp_path, weights="none")
    assert "uv sync --extra keras" in message
    assert "pip install -e '.[keras]'" in message


def test_importing_the_module_is_cheap() -> None:
    heavy = {"tensorflow", "keras", "tf2onnx", "onnxruntime"}
    code = f"import sys, models.from_keras.export; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
