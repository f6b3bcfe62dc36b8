"""A seeded network of VGG16's shape, made on the fly to measure with: speed does not depend on what was learned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from models.files import write_atomically
from models.graph.builder import FLOAT, empty_model
from models.spec import CARD, INPUT, LayerInfo, ModelInfo
from models.zoo import CAFFE_INPUT, cache_folder, vgg16_layers

SEED = 16


def write_untrained(name: str, *, width: float) -> Path:
    """The file of a network of VGG16's shape, `width` times its channels and random weights."""
    path = cache_folder() / "models" / f"{name}-untrained-{SEED}.onnx"
    if not path.exists():
        write_atomically(path, vgg16_shaped(name, width=width).SerializeToString())
    return path


def vgg16_shaped(name: str, *, width: float) -> onnx.ModelProto:
    """VGG16's convolutions with `width` times its channels and random weights.

    Kernels are He-normal (He et al. 2015), which keeps the activations' size from layer to layer.
    """
    info = ModelInfo(name=name, weights="none", input=CAFFE_INPUT, layers=vgg16_layers(width))
    model = empty_model(name)
    graph = model.graph
    graph.input.append(helper.make_tensor_value_info(INPUT, FLOAT, (1, 3, "height", "width")))
    rng = np.random.default_rng(SEED)
    tensor, channels = INPUT, 3
    for before, layer in zip((None, *info.layers), info.layers, strict=False):
        if before is not None and layer.block != before.block:
            tensor = _pool(graph, tensor, f"block{before.block}_pool")
        tensor = _convolve(graph, tensor, channels, layer, rng)
        channels = layer.channels
    helper.set_model_props(model, {CARD: info.to_json()})
    return model


def _pool(graph: onnx.GraphProto, tensor: str, name: str) -> str:
    graph.node.append(helper.make_node("MaxPool", [tensor], [name], name=name, kernel_shape=[2, 2], strides=[2, 2]))
    return name


def _convolve(graph: onnx.GraphProto, tensor: str, channels: int, layer: LayerInfo, rng: np.random.Generator) -> str:
    """A 3x3 convolution and its ReLU; the output carries the layer's name."""
    name = layer.name
    kernel = rng.normal(0.0, np.sqrt(2.0 / (9 * channels)), (layer.channels, channels, 3, 3))
    bias = rng.normal(0.0, 1.0, layer.channels)
    weights = [f"{name}_W", f"{name}_b"]
    for array, weight in zip((kernel, bias), weights, strict=True):
        graph.initializer.append(numpy_helper.from_array(array.astype(np.float32), weight))
    before = f"{name}/preact"
    graph.node.append(
        helper.make_node("Conv", [tensor, *weights], [before], name=before, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    )
    graph.node.append(helper.make_node("Relu", [before], [name], name=name))
    graph.output.append(helper.make_tensor_value_info(name, FLOAT, (1, layer.channels, None, None)))
    return name
