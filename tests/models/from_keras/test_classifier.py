"""Classifiers that lie beside their networks: like VGG's, and MobileNetV2's on the whole way from a weights file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from models import zoo
from models.errors import ModelError, OutputError
from models.files import digest_file
from models.from_keras import export
from models.from_keras.classifier import LOGITS, PROBABILITIES, classifier, classifier_deviations
from models.from_keras.compare_with_keras import cpu_session, nchw, random_picture
from models.from_keras.import_tensorflow import import_tensorflow
from models.from_keras.keras_passes import stored
from models.from_keras.layers import forward
from models.from_keras.pretrained import Pretrained
from models.spec import INPUT, InputInfo, LayerInfo, ModelInfo

MOBILENET = zoo.entry("mobilenet_v2")


@pytest.fixture(scope="module")
def like_vgg() -> Pretrained:
    """A convolution, and as VGG has it: a pool, flattening, two dense layers."""
    import_tensorflow()
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    start = keras.Input((16, 24, 3))
    features = layers.Conv2D(5, 3, activation="relu", padding="same", name="conv", bias_initializer="normal")(start)
    tensor = layers.Flatten(name="flatten")(layers.MaxPooling2D(2, name="pool")(features))
    tensor = layers.Dense(12, activation="relu", name="fc1")(tensor)
    whole = keras.Model(start, layers.Dense(7, activation="softmax", name="predictions")(tensor))
    network = keras.Model(start, {"conv": features})
    info = ModelInfo("tiny", "none", InputInfo(scale=(0.01,) * 3), (LayerInfo("conv", 5, 1, 1),))
    base = forward(whole.layers, [features])
    return Pretrained(info, network, tuple(forward(whole.layers, whole.outputs)[len(base) :]))


def test_dense_layers_take_what_the_network_gives(like_vgg: Pretrained) -> None:
    network, model = stored(like_vgg.network, like_vgg.info), classifier(like_vgg)
    assert not [each for each in classifier_deviations(network, model, like_vgg, (16, 24)) if each.excessive]
    kinds = [node.op_type for node in model.graph.node if node.op_type != "Flatten"]
    assert kinds == ["MaxPool", "Gemm", "Relu", "Gemm", "Identity", "Softmax", "Identity"]


def test_no_name_is_used_twice(like_vgg: Pretrained) -> None:
    network, model = stored(like_vgg.network, like_vgg.info).graph, classifier(like_vgg).graph
    assert [fed.name for fed in model.input] == ["conv"]
    assert [output.name for output in model.output] == [LOGITS, PROBABILITIES]
    own = {name for node in model.node for name in node.output} | {tensor.name for tensor in model.initializer}
    assert all(name.startswith("classifier/") for name in own)
    assert not own & {name for node in network.node for name in node.output}


def test_a_classifier_that_differs_is_found_out(like_vgg: Pretrained) -> None:
    model = classifier(like_vgg)
    [bias] = (tensor for tensor in model.graph.initializer if tensor.dims == [12])
    bias.CopyFrom(onnx.numpy_helper.from_array(np.full(12, 0.01, np.float32), bias.name))
    found = classifier_deviations(stored(like_vgg.network, like_vgg.info), model, like_vgg, (16, 24))
    assert [each.excessive for each in found] == [True, False]


@pytest.fixture(scope="module")
def mobilenet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A network of Keras with ten classes, made after others, and the file of its weights."""
    import_tensorflow()
    import keras

    keras.utils.set_random_seed(2)
    network = keras.applications.MobileNetV2(weights=None, classes=10)
    random = np.random.default_rng(2)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([random.uniform(0.5, 1.5, array.shape) for array in layer.weights])
    path = tmp_path_factory.mktemp("mobilenet") / "mine.weights.h5"
    network.save_weights(path)
    return network, path


def exported(mobilenet: tuple[Any, Path], out: Path, **arguments: Any) -> ModelInfo:
    settings = {"until": None, "force": False} | arguments
    return export.export(MOBILENET, weights=str(mobilenet[1]), out=out, **settings)


def test_a_weights_file_with_a_classifier_gives_two_files(mobilenet: tuple[Any, Path], tmp_path: Path) -> None:
    names = [f"thing {number}" for number in range(10)]
    (tmp_path / "names.txt").write_text("\n".join(names))
    info = exported(mobilenet, tmp_path / "net.onnx", labels=tmp_path / "names.txt")
    head = info.scores
    assert (head.file, head.features, head.size_hw) == ("net.classifier.onnx", "Conv_1", (224, 224))
    assert head.labels == tuple(names)
    assert head.digest == digest_file(tmp_path / head.file)
    facts = {entry.key: entry.value for entry in onnx.load(tmp_path / "net.onnx").metadata_props}
    assert ModelInfo.from_json(facts["ventral"]) == info
    picture = random_picture(MOBILENET.input, (224, 224))
    sessions = [cpu_session(onnx.load(tmp_path / name)) for name in ("net.onnx", head.file)]
    [features] = sessions[0].run([head.features], {INPUT: nchw(picture)})
    [found] = sessions[1].run([head.probabilities], {head.features: features})
    np.testing.assert_allclose(found, np.asarray(mobilenet[0](picture)), rtol=1e-3)


def test_the_first_layers_alone_have_no_classifier(mobilenet: tuple[Any, Path], tmp_path: Path) -> None:
    info = exported(mobilenet, tmp_path / "net.onnx", until="block_2_add")
    assert info.classifier is None
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]
    (tmp_path / "names.txt").write_text("one\n")
    with pytest.raises(ModelError, match="without a classifier; leave out --labels"):
        exported(mobilenet, tmp_path / "other.onnx", until="Conv1", labels=tmp_path / "names.txt")


def test_labels_that_do_not_fit_and_a_file_in_the_way_are_refused(mobilenet: tuple[Any, Path], tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("one\ntwo\n")
    with pytest.raises(ModelError, match="names 2 classes, but the network has 10"):
        exported(mobilenet, tmp_path / "net.onnx", labels=tmp_path / "names.txt")
    (tmp_path / "net.classifier.onnx").write_text("precious")
    with pytest.raises(OutputError, match=r"net\.classifier\.onnx exists already; .* --force"):
        exported(mobilenet, tmp_path / "net.onnx")
    assert (tmp_path / "net.classifier.onnx").read_text() == "precious"
    assert not (tmp_path / "net.onnx").exists()
