"""The gradient of a layer's mean square by TensorFlow's tape and by PyTorch: same weights, same picture, same threads.

Both are optional, and come up only when they are timed.
"""

from __future__ import annotations

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
from models.from_keras.frameworks import import_keras
from models.graph.builder import attributes
from models.graph.truncate import truncate
from models.spec import INPUT, Network
from realtime.imaging.frame import Floats

GradientStep: TypeAlias = Callable[[], Floats]
"""One gradient, (height, width, 3)."""


@dataclass(frozen=True, slots=True)
class Convolution:
    """A 3x3 or other odd kernel (M, C, h, w) with its bias, stride 1, as large after as before."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]


class Relu:
    """A ReLU."""


class Pool:
    """A 2x2 max pool."""


Stage: TypeAlias = Convolution | Relu | Pool


@dataclass(frozen=True, slots=True)
class Chain:
    """The stages of a network up to a layer, one after another, and what is taken from a pixel and multiplied."""

    stages: Sequence[Stage]
    mean: Floats
    scale: Floats


def read_chain(network: Network, layer: str) -> Chain:
    """The stages up to `layer`; ModelError when there are others than 3x3 convolutions, ReLUs and 2x2 max pools."""
    model = onnx.load(network.path)
    truncate(model, (layer,))
    weights = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    tensor, stages = INPUT, []
    for node in model.graph.node:
        stage = _stage(node, weights)
        if node.input[0] != tensor or stage is None:
            raise ModelError(f"{network.info.name} is not a plain chain of convolutions; only such are rebuilt")
        stages.append(stage)
        tensor = node.output[0]
    taken = network.info.input
    return Chain(stages, np.array(taken.mean, np.float32), np.array(taken.scale, np.float32))


def _stage(node: onnx.NodeProto, weights: Mapping[str, NDArray[Any]]) -> Stage | None:
    facts = attributes(node)
    strides = list(facts.get("strides", [1, 1]))
    if node.op_type == "Conv" and len(node.input) == 3 and strides == [1, 1] and facts.get("group", 1) == 1:
        kernel = weights[node.input[1]]
        same = [side // 2 for side in kernel.shape[2:]] * 2
        return Convolution(kernel, weights[node.input[2]]) if list(facts.get("pads", [0] * 4)) == same else None
    if (
        node.op_type == "MaxPool"
        and strides == list(facts["kernel_shape"]) == [2, 2]
        and not any(facts.get("pads", ()))
    ):
        return Pool()
    return Relu() if node.op_type == "Relu" else None


def tensorflow_step(chain: Chain, image: Floats, threads: int) -> GradientStep:
    """The step as a `tf.function` with a tape; SetupError when TensorFlow is not installed."""
    import_keras()
    import tensorflow as tf

    with suppress(RuntimeError):  # they are fixed once TensorFlow has computed anything in this process
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    kernels = [tf.constant(each.kernel.transpose(2, 3, 1, 0)) for each in _convolutions(chain)]

    @tf.function  # type: ignore[untyped-decorator]
    def slope(picture: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(picture)
            tensor, waiting = ((picture - chain.mean) * chain.scale)[None], iter(kernels)
            for stage in chain.stages:
                match stage:
                    case Convolution():
                        tensor = tf.nn.bias_add(tf.nn.conv2d(tensor, next(waiting), 1, "SAME"), stage.bias)
                    case Relu():
                        tensor = tf.nn.relu(tensor)
                    case Pool():
                        tensor = tf.nn.max_pool2d(tensor, 2, 2, "VALID")
            answer = tf.reduce_mean(tf.square(tensor))
        return tape.gradient(answer, picture)

    return lambda: np.asarray(slope(tf.convert_to_tensor(image)))


def pytorch_step(chain: Chain, image: Floats, threads: int) -> GradientStep:
    """The step by PyTorch's autograd; SetupError when PyTorch is not installed."""
    try:
        import torch
    except (ImportError, OSError) as error:
        raise SetupError(f"PyTorch is not installed ({error})") from error
    torch.set_num_threads(threads)
    weights = [[torch.tensor(part) for part in (each.kernel, each.bias)] for each in _convolutions(chain)]
    mean, scale = torch.tensor(chain.mean), torch.tensor(chain.scale)

    def slope() -> Floats:
        picture = torch.tensor(image, requires_grad=True)
        tensor, waiting = ((picture - mean) * scale).permute(2, 0, 1)[None].contiguous(), iter(weights)
        for stage in chain.stages:
            match stage:
                case Convolution():
                    kernel, bias = next(waiting)
                    tensor = torch.nn.functional.conv2d(tensor, kernel, bias, padding="same")
                case Relu():
                    tensor = torch.relu(tensor)
                case Pool():
                    tensor = torch.nn.functional.max_pool2d(tensor, 2)
        (found,) = torch.autograd.grad(tensor.square().mean(), picture)
        gradient: Floats = found.numpy()
        return gradient

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # built for CUDA, it complains of a missing driver at the first gradient
        slope()
    return slope


def _convolutions(chain: Chain) -> list[Convolution]:
    return [stage for stage in chain.stages if isinstance(stage, Convolution)]


FRAMEWORKS: dict[str, Callable[[Chain, Floats, int], GradientStep]] = {
    "tf.function": tensorflow_step,
    "PyTorch": pytorch_step,
}
"""By name, what makes a step of a chain, a picture and a number of threads."""
