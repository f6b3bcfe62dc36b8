"""A network of VGG16's shape with random weights, for tests and benchmarks: its speed is that of a trained one."""

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from models.files import write_atomically
from models.graph.builder import FLOAT, empty_model
from models.spec import INPUT, RECORD, LayerInfo, ModelInfo
from models.zoo import CAFFE_INPUT, cache_folder, vgg16_layers

SEED = 16


def write_untrained(name: str, *, width: float) -> Path:
    """The file of a network of VGG16's shape with `width` times its channels."""
    path = cache_folder() / "models" / f"{name}-untrained-{SEED}.onnx"
    if not path.exists():
        write_atomically(path, vgg16_shaped(name, width=width).SerializeToString())
    return path


def vgg16_shaped(name: str, *, width: float) -> onnx.ModelProto:
    """VGG16's convolutions with `width` times its channels.

    Kernels are He-normal (He et al. 2015), which keeps the size of activations from layer to layer.
    """
    info = ModelInfo(name=name, weights="none", input=CAFFE_INPUT, layers=vgg16_layers(width))
    model, rng = empty_model(name), np.random.default_rng(SEED)
    graph = model.graph
    graph.input.append(helper.make_tensor_value_info(INPUT, FLOAT, (1, 3, "height", "width")))
    tensor, channels, block = INPUT, 3, 1
    for layer in info.layers:
        if layer.block != block:
            pool = f"block{block}_pool"
            graph.node.append(helper.make_node("MaxPool", [tensor], [pool], pool, kernel_shape=[2, 2], strides=[2, 2]))
            tensor, block = pool, layer.block
        _convolve(graph, tensor, channels, layer, rng)
        tensor, channels = layer.name, layer.channels
    helper.set_model_props(model, {RECORD: info.to_json()})
    return model


def _convolve(graph: onnx.GraphProto, tensor: str, channels: int, layer: LayerInfo, rng: np.random.Generator) -> None:
    """Add a 3x3 convolution and its ReLU, whose output has the layer's name."""
    name, inner = layer.name, f"{layer.name}/preact"
    kernel = rng.normal(0.0, np.sqrt(2.0 / (9 * channels)), (layer.channels, channels, 3, 3))
    weights = {f"{name}_W": kernel, f"{name}_b": rng.normal(0.0, 1.0, layer.channels)}
    graph.initializer.extend(numpy_helper.from_array(each.astype(np.float32), key) for key, each in weights.items())
    graph.node.append(
        helper.make_node("Conv", [tensor, *weights], [inner], inner, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    )
    graph.node.append(helper.make_node("Relu", [inner], [name], name))
    graph.output.append(helper.make_tensor_value_info(name, FLOAT, (1, layer.channels, None, None)))
