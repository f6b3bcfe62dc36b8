"""The gradient of a layer's mean square in TensorFlow and PyTorch: same weights, same picture, same threads.

Both are optional and are imported when they are timed.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from models.errors import ModelError, SetupError
from models.from_keras.import_tensorflow import import_tensorflow
from models.graph.builder import attributes
from models.graph.packed_weights import load_unpacked
from models.graph.truncate import truncate
from models.spec import INPUT, Network
from realtime.imaging.frame import Floats

GradientStep: TypeAlias = Callable[[], Floats]
"""Computes one gradient, (height, width, 3)."""

Stage: TypeAlias = tuple[str, Sequence[NDArray[Any]]]
"""A Conv with stride 1 and 'same' padding and its kernel (M, C, h, w) and bias, a Relu, or a MaxPool of 2x2."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The stages of a network up to a layer, and the mean and scale of its input."""

    stages: Sequence[Stage]
    mean: Floats
    scale: Floats


def read_chain(network: Network, layer: str) -> Chain:
    """The stages up to `layer`; ModelError if the network is more than a chain of them."""
    model = load_unpacked(network.path)
    truncate(model, (layer,))
    weights = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    tensor, stages = INPUT, []
    for node in model.graph.node:
        if node.input[0] != tensor or not _is_stage(node, weights):
            raise ModelError(
                f"{network.info.name} is not a plain chain of convolutions; other networks are not rebuilt"
            )
        stages.append((node.op_type, [weights[name] for name in node.input[1:]]))
        tensor = node.output[0]
    info = network.info.input
    return Chain(stages, np.array(info.mean, np.float32), np.array(info.scale, np.float32))


def _is_stage(node: onnx.NodeProto, weights: Mapping[str, NDArray[Any]]) -> bool:
    values = attributes(node)
    strides, pads = list(values.get("strides", [1, 1])), list(values.get("pads", [0] * 4))
    if node.op_type == "Conv":
        same = [side // 2 for side in weights[node.input[1]].shape[2:]] * 2
        return len(node.input) == 3 and strides == [1, 1] and values.get("group", 1) == 1 and pads == same
    if node.op_type == "MaxPool":
        return strides == list(values["kernel_shape"]) == [2, 2] and not any(pads)
    return node.op_type == "Relu"


def tensorflow_step(chain: Chain, image: Floats, threads: int) -> GradientStep:
    """The step as a `tf.function` with a tape; SetupError if TensorFlow is not installed."""
    import_tensorflow()
    import tensorflow as tf

    with suppress(RuntimeError):  # the number of threads is fixed once TensorFlow has computed anything
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    stages = [(op, [each.transpose(2, 3, 1, 0) if each.ndim == 4 else each for each in ws]) for op, ws in chain.stages]
    functions: dict[str, Callable[..., Any]] = {
        "Conv": lambda tensor, kernel, bias: tf.nn.bias_add(tf.nn.conv2d(tensor, kernel, 1, "SAME"), bias),
        "Relu": tf.nn.relu,
        "MaxPool": lambda tensor: tf.nn.max_pool2d(tensor, 2, 2, "VALID"),
    }

    @tf.function  # type: ignore[untyped-decorator]
    def gradient(picture: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(picture)
            tensor = ((picture - chain.mean) * chain.scale)[None]
            for op_type, weights in stages:
                tensor = functions[op_type](tensor, *weights)
            value = tf.reduce_mean(tf.square(tensor))
        return tape.gradient(value, picture)

    return lambda: np.asarray(gradient(tf.convert_to_tensor(image)))


def pytorch_step(chain: Chain, image: Floats, threads: int) -> GradientStep:
    """The step with PyTorch's autograd; SetupError if PyTorch is not installed."""
    try:
        import torch
    except (ImportError, OSError) as error:
        raise SetupError(f"PyTorch is not installed ({error})") from error
    torch.set_num_threads(threads)
    stages = [(op_type, [torch.tensor(each) for each in weights]) for op_type, weights in chain.stages]
    mean, scale = torch.tensor(chain.mean), torch.tensor(chain.scale)
    functions: dict[str, Callable[..., Any]] = {
        "Conv": lambda *inputs: torch.nn.functional.conv2d(*inputs, padding="same"),
        "Relu": torch.relu,
        "MaxPool": lambda tensor: torch.nn.functional.max_pool2d(tensor, 2),
    }

    def gradient() -> Floats:
        picture = torch.tensor(image, requires_grad=True)
        tensor = ((picture - mean) * scale).permute(2, 0, 1)[None].contiguous()
        for op_type, weights in stages:
            tensor = functions[op_type](tensor, *weights)
        return np.asarray(torch.autograd.grad(tensor.square().mean(), picture)[0].numpy())

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a build for CUDA warns of a missing driver at the first gradient
        gradient()
    return gradient


FRAMEWORKS: dict[str, Callable[[Chain, Floats, int], GradientStep]] = {
    "tf.function": tensorflow_step,
    "PyTorch": pytorch_step,
}
"""The frameworks by name; each makes a step for a chain, a picture and a number of threads."""
