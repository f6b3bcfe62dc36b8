"""The activations of a layer in other runtimes: same weights, same picture, same threads.

All of them are optional and are imported when they are timed.
"""

import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np
import onnx
from onnx import helper

from models.errors import SetupError
from models.from_keras.import_tensorflow import import_tensorflow
from models.graph.builder import FLOAT
from models.graph.packed_weights import load_unpacked
from models.graph.truncate import truncate
from models.spec import Hw, InputInfo, Network
from realtime.capture.pattern import Pattern
from realtime.imaging.frame import Floats, Image
from realtime.inference.network_input import network_input
from scripts.dev.benchmarks.frameworks import Chain, read_chain

Forward: TypeAlias = Callable[[Floats], Floats]
"""From the input tensor of the network, (1, 3, H, W), to the activations, (C, h, w)."""

CALIBRATION_PICTURES = 32


def keras_predict(network: Network, layer: str, size_hw: Hw, threads: int) -> Forward:
    """`predict` of a Keras model."""
    model = _keras_model(read_chain(network, layer), size_hw, threads)
    return lambda tensor: _channels_first(model.predict(_channels_last(tensor), verbose=0))


def tensorflow(network: Network, layer: str, size_hw: Hw, threads: int) -> Forward:
    """A Keras model as a `tf.function`."""
    model = _keras_model(read_chain(network, layer), size_hw, threads)
    import tensorflow as tf

    function = tf.function(model)
    return lambda tensor: _channels_first(function(tf.convert_to_tensor(_channels_last(tensor))).numpy())


def _keras_model(chain: Chain, size_hw: Hw, threads: int) -> Any:
    import_tensorflow()
    import keras
    import tensorflow as tf

    with suppress(RuntimeError):  # the number of threads is fixed once TensorFlow has computed anything
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    layers: list[Any] = [keras.Input((*size_hw, 3))]
    for op_type, weights in chain.stages:
        if op_type == "Conv":
            count, _, *size = weights[0].shape
            layers.append(keras.layers.Conv2D(count, size, padding="same"))
        else:
            layers.append(keras.layers.ReLU() if op_type == "Relu" else keras.layers.MaxPool2D(2))
    model = keras.Sequential(layers)
    model.set_weights([array for _, weights in chain.stages for array in _keras_weights(weights)])
    return model


def _keras_weights(weights: Any) -> list[Any]:
    return [weights[0].transpose(2, 3, 1, 0), weights[1]] if weights else []


def pytorch(network: Network, layer: str, size_hw: Hw, threads: int, *, half: bool = False) -> Forward:
    """A PyTorch module in channels-last order; `half` computes in bfloat16."""
    try:
        import torch
    except (ImportError, OSError) as error:
        raise SetupError(f"PyTorch is not installed ({error})") from error
    torch.set_num_threads(threads)
    dtype = torch.bfloat16 if half else torch.float32
    modules: list[Any] = []
    for op_type, weights in read_chain(network, layer).stages:
        if op_type == "Conv":
            kernel, bias = (torch.tensor(each) for each in weights)
            module = torch.nn.Conv2d(kernel.shape[1], kernel.shape[0], tuple(kernel.shape[2:]), padding="same")
            module.load_state_dict({"weight": kernel, "bias": bias})
            modules.append(module)
        else:
            modules.append(torch.nn.ReLU() if op_type == "Relu" else torch.nn.MaxPool2d(2))
    model = torch.nn.Sequential(*modules).to(dtype).to(memory_format=torch.channels_last).eval()

    def forward(tensor: Floats) -> Floats:
        with torch.inference_mode():
            given = torch.from_numpy(tensor).to(dtype).contiguous(memory_format=torch.channels_last)
            return np.asarray(model(given)[0].float().contiguous().numpy())

    return forward


def openvino(
    network: Network, layer: str, size_hw: Hw, threads: int, *, precision: Literal["f32", "bf16", "int8"] = "f32"
) -> Forward:
    """OpenVINO; int8 is calibrated by NNCF with the test pattern."""
    try:
        import openvino
    except ImportError as error:
        raise SetupError(f"OpenVINO is not installed ({error})") from error
    core = openvino.Core()
    model = core.read_model(_trunk(network, layer, size_hw).SerializeToString())
    if precision == "int8":
        model = _calibrated(model, size_hw, network.info.input)
    compiled = core.compile_model(
        model,
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
        },
    )
    return lambda tensor: np.asarray(compiled(tensor)[0][0])


def _calibrated(model: Any, size_hw: Hw, info: InputInfo) -> Any:
    """An OpenVINO model in int8; its scales are those of the test pattern."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import nncf
    except ImportError as error:
        raise SetupError(f"NNCF is not installed ({error})") from error
    pattern = Pattern()
    pictures = [input_tensor(network_input(pattern.read(), size_hw), info) for _ in range(CALIBRATION_PICTURES)]
    return nncf.quantize(model, nncf.Dataset(pictures), subset_size=len(pictures))


def _trunk(network: Network, layer: str, size_hw: Hw) -> onnx.ModelProto:
    """The network up to a layer, for one size of picture."""
    model = load_unpacked(network.path)
    truncate(model, (layer,))
    model.graph.output.append(helper.make_tensor_value_info(layer, FLOAT, None))
    for dim, size in zip(model.graph.input[0].type.tensor_type.shape.dim, (1, 3, *size_hw), strict=True):
        dim.Clear()
        dim.dim_value = size
    return model


def input_tensor(image: Image, info: InputInfo) -> Floats:
    """The input of the network as notebooks make it, (1, 3, H, W)."""
    colours = image[:, :, ::-1] if info.colours == "RGB" else image
    tensor = (colours.astype(np.float32) - np.array(info.mean, np.float32)) * np.array(info.scale, np.float32)
    return np.ascontiguousarray(tensor.transpose(2, 0, 1)[None])


def _channels_last(tensor: Floats) -> Floats:
    return np.ascontiguousarray(tensor.transpose(0, 2, 3, 1))


def _channels_first(tensor: Floats) -> Floats:
    return np.asarray(tensor[0].transpose(2, 0, 1))


RUNTIMES: dict[str, Callable[[Network, str, Hw, int], Forward]] = {
    "Keras predict": keras_predict,
    "tf.function": tensorflow,
    "PyTorch float32": pytorch,
    "PyTorch bfloat16": partial(pytorch, half=True),
    "OpenVINO float32": openvino,
    "OpenVINO bfloat16": partial(openvino, precision="bf16"),
    "OpenVINO int8": partial(openvino, precision="int8"),
}
"""The runtimes by name; each makes a forward pass for a network, a layer, a size and a number of threads."""
