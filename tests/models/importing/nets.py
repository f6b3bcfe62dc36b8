"""Small networks as other programs export them: each a whole classifier with seeded weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

CLASSES = 7


class Net:
    """A graph being written; every weight is seeded and of a size that keeps activations alive."""

    def __init__(self, *, opset: int = 13, producer: str = "", seed: int = 0) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[TensorProto] = []
        self.opset, self.producer = opset, producer
        self._rng = np.random.default_rng(seed)
        self._count = 0

    def name(self) -> str:
        self._count += 1
        return str(self._count)

    def op(self, kind: str, *inputs: str, out: str | None = None, **attributes: Any) -> str:
        out = out or self.name()
        self.nodes.append(helper.make_node(kind, inputs, [out], name=f"{kind}_{out}", **attributes))
        return out

    def weight(
        self, values: NDArray[Any] | Sequence[float] | float, name: str | None = None, dtype: Any = np.float32
    ) -> str:
        name = name or f"w{self.name()}"
        self.weights.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def random(self, *shape: int, name: str | None = None, scale: float | None = None) -> str:
        scale = scale or float(np.sqrt(2.0 / np.prod(shape[1:])))
        return self.weight(self._rng.normal(0, scale, shape), name)

    def conv(
        self, tensor: str, channels: int, filters: int, size: int = 3, *, out: str | None = None,
        name: str | None = None, bias: bool = True, **attributes: Any,
    ) -> str:  # fmt: skip
        if "auto_pad" not in attributes:
            attributes.setdefault("pads", [size // 2] * 4)
        kernel = self.random(
            filters, channels // attributes.get("group", 1), size, size, name=name and f"{name}.weight"
        )
        biases = [self.random(filters, name=name and f"{name}.bias", scale=0.1)] if bias else []
        return self.op("Conv", tensor, kernel, *biases, out=out, kernel_shape=[size, size], **attributes)

    def bn(self, tensor: str, channels: int) -> str:
        values = [1.0 + 0.1 * self._rng.normal(size=channels), 0.1 * self._rng.normal(size=channels)]
        stats = [0.1 * self._rng.normal(size=channels), 1.0 + 0.1 * self._rng.random(channels)]
        return self.op("BatchNormalization", tensor, *(self.weight(each) for each in (*values, *stats)))

    def model(
        self, shape: Sequence[int | str | None], outputs: dict[str, Sequence[int | str]], *, entry: str = "input",
        kind: int = TensorProto.FLOAT, weights_as_inputs: bool = False,
    ) -> onnx.ModelProto:  # fmt: skip
        inputs = [helper.make_tensor_value_info(entry, kind, shape)]
        if weights_as_inputs:
            inputs += [helper.make_tensor_value_info(each.name, each.data_type, each.dims) for each in self.weights]
        results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in outputs.items()]
        graph = helper.make_graph(self.nodes, "net", inputs, results, self.weights)
        version = [helper.make_opsetid("", self.opset)]
        return helper.make_model(graph, opset_imports=version, ir_version=8, producer_name=self.producer)


def torch_resnet(*, batch: int | str = "batch", side: int | str = 64, opset: int = 13) -> onnx.ModelProto:
    """Numbers for names, named weights, residual sums, and the flattening by Shape, Gather, Concat."""
    net = Net(opset=opset, producer="pytorch")
    stem = net.op("Relu", net.conv("input", 3, 8, 7, name="conv1", strides=[2, 2]))
    pooled = net.op("MaxPool", stem, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    one = net.op("Relu", net.conv(pooled, 8, 8, name="layer1.0.conv1"))
    two = net.conv(one, 8, 8, name="layer1.0.conv2")
    block = net.op("Relu", net.op("Add", two, pooled))
    one = net.op("Relu", net.conv(block, 8, 16, name="layer2.0.conv1", strides=[2, 2]))
    two = net.conv(one, 16, 16, name="layer2.0.conv2")
    skip = net.conv(block, 8, 16, 1, name="layer2.0.downsample.0", strides=[2, 2])
    last = net.op("Relu", net.op("Add", two, skip))
    mean = net.op("GlobalAveragePool", last)
    size = net.op("Gather", net.op("Shape", mean), net.weight(0, dtype=np.int64), axis=0)
    if opset < 13:
        first = net.op("Unsqueeze", size, axes=[0])
    else:
        first = net.op("Unsqueeze", size, net.weight([0], dtype=np.int64))
    shape = net.op("Concat", first, net.weight([-1], dtype=np.int64), axis=0)
    flat = net.op("Reshape", mean, shape)
    net.op("Gemm", flat, net.random(CLASSES, 16), net.random(CLASSES, scale=0.1), out="output", transB=1)
    return net.model([batch, 3, side, side], {"output": [batch, CLASSES]})


def torch_scopes() -> onnx.ModelProto:
    """The names that newer exporters of PyTorch write, and SiLU as x * Sigmoid(x)."""
    net = Net(opset=17, producer="pytorch")
    stem = net.conv("images", 3, 8, out="/features/features.0/features.0.0/Conv_output_0", strides=[2, 2])
    gate = net.op("Sigmoid", stem, out="/features/features.0/features.0.2/Sigmoid_output_0")
    active = net.op("Mul", stem, gate, out="/features/features.0/features.0.2/Mul_output_0")
    inner = net.conv(active, 8, 8, out="/features/features.1/block/block.0/Conv_output_0")
    joined = net.op("Add", inner, active, out="/features/features.1/Add_output_0")
    mean = net.op("GlobalAveragePool", joined, out="/avgpool/GlobalAveragePool_output_0")
    flat = net.op("Flatten", mean, out="/Flatten_output_0")
    net.op("Gemm", flat, net.random(CLASSES, 8), out="scores", transB=1)
    return net.model([1, 3, "h", "w"], {"scores": [1, CLASSES]}, entry="images")


def caffe_plain() -> onnx.ModelProto:
    """Weights listed as inputs, a flattening that fixes the size, dropout, and a softmax over all that is left."""
    net = Net(opset=11)
    one = net.op("Relu", net.conv("data_0", 3, 8, out="conv1_1_pre"), out="conv1_1")
    pool = net.op("MaxPool", one, out="pool1", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    two = net.op("Relu", net.conv(pool, 8, 12, out="conv2_1_pre"), out="conv2_1")
    pool = net.op("AveragePool", two, out="pool2", kernel_shape=[7, 7], strides=[7, 7])
    flat = net.op("Reshape", net.op("Dropout", pool), net.weight([1, 12 * 16], dtype=np.int64))
    net.op("Softmax", net.op("Gemm", flat, net.random(12 * 16, CLASSES), net.random(CLASSES, scale=0.1)), out="prob_1")
    return net.model([1, 3, 56, 56], {"prob_1": [1, CLASSES]}, entry="data_0", weights_as_inputs=True)


def squeeze(classes: int = CLASSES) -> onnx.ModelProto:
    """Fire modules, and a softmax over (1, classes, 1, 1) in the old sense of its axis."""
    net = Net(opset=11)
    tensor = net.op("Relu", net.conv("data", 3, 8, pads=[0] * 4, strides=[2, 2]), out="conv1")
    for name in ("fire2", "fire3"):
        small = net.op("Relu", net.conv(tensor, 8, 4, 1), out=f"{name}/squeeze1x1")
        wide = [net.op("Relu", net.conv(small, 4, 4, size), out=f"{name}/expand{size}x{size}") for size in (1, 3)]
        tensor = net.op("Concat", *wide, out=f"{name}/concat", axis=1)
    last = net.op("Relu", net.conv(tensor, 8, classes, 1), out="conv10")
    net.op("Softmax", net.op("GlobalAveragePool", last), out="prob", axis=1)
    return net.model([1, 3, 64, 64], {"prob": [1, classes, 1, 1]}, entry="data")


def mobile() -> onnx.ModelProto:
    """Depthwise convolutions, hard swish and squeeze-and-excite written out, ReduceMean in the place of a pool."""
    net = Net(opset=12)

    def hard_swish(tensor: str) -> str:
        lifted = net.op("Add", tensor, net.weight(3.0))
        clipped = net.op("Clip", lifted, net.weight(0.0), net.weight(6.0))
        return net.op("Div", net.op("Mul", tensor, clipped), net.weight(6.0))

    stem = hard_swish(net.bn(net.conv("x", 3, 8, strides=[2, 2], bias=False), 8))
    deep = hard_swish(net.bn(net.conv(stem, 8, 8, group=8), 8))
    seen = net.op("ReduceMean", deep, axes=[2, 3], keepdims=1)
    gate = net.op("HardSigmoid", net.conv(net.op("Relu", net.conv(seen, 8, 4, 1)), 4, 8, 1))
    joined = net.op("Add", net.conv(net.op("Mul", deep, gate), 8, 8, 1), stem)
    last = hard_swish(net.conv(joined, 8, 16, 1, strides=[2, 2]))
    flat = net.op("ReduceMean", last, axes=[2, 3], keepdims=0)
    net.op("LogSoftmax", net.op("Gemm", flat, net.random(16, CLASSES)), out="logs", axis=-1)
    return net.model([1, 3, 32, 32], {"logs": [1, CLASSES]}, entry="x")


def nhwc(*, opset: int = 13) -> onnx.ModelProto:
    """As tf2onnx leaves it when its optimizer gives up: each convolution between two transpositions."""
    net = Net(opset=opset, producer="tf2onnx")

    def convolve(tensor: str, channels: int, filters: int, scope: str, **attributes: Any) -> str:
        turned = net.op("Transpose", tensor, out=f"{scope}/Conv2D__1:0", perm=[0, 3, 1, 2])
        made = net.conv(turned, channels, filters, out=f"{scope}/Conv2D:0", bias=False, **attributes)
        back = net.op("Transpose", made, out=f"{scope}/Conv2D__2:0", perm=[0, 2, 3, 1])
        return net.op("Add", back, net.random(filters, scale=0.1), out=f"{scope}/BiasAdd:0")

    one = net.op("Relu", convolve("input_1", 3, 8, "m/one", auto_pad="SAME_UPPER", strides=[2, 2]), out="m/one/Relu:0")
    padded = net.op("Pad", one, net.weight([0, 1, 0, 0, 0, 0, 2, 0], dtype=np.int64), out="m/pad/Pad:0")
    two = net.op("Relu", convolve(padded, 8, 8, "m/two"), out="m/two/Relu:0")
    three = convolve(two, 8, 4, "m/three")
    both = net.op("Concat", two, three, out="m/cat/concat:0", axis=3)
    mean = net.op("ReduceMean", both, axes=[1, 2], keepdims=0, out="m/pool/Mean:0")
    net.op("Softmax", net.op("MatMul", mean, net.random(12, CLASSES)), out="m/probs/Softmax:0", axis=-1)
    return net.model(["n", 32, 48, 3], {"m/probs/Softmax:0": ["n", CLASSES]}, entry="input_1")


def pixels() -> onnx.ModelProto:
    """Bytes in NHWC, normalized inside, multi-label."""
    net = Net(opset=16)
    cast = net.op("Cast", "image", to=TensorProto.FLOAT)
    centred = net.op("Sub", cast, net.weight([123.68, 116.78, 103.94]))
    turned = net.op("Transpose", net.op("Mul", centred, net.weight([0.017])), perm=[0, 3, 1, 2])
    one = net.op("Elu", net.conv(turned, 3, 8, strides=[2, 2]))
    two = net.op("LeakyRelu", net.conv(one, 8, 8))
    flat = net.op("Flatten", net.op("GlobalAveragePool", two))
    net.op("Sigmoid", net.op("Gemm", flat, net.random(8, CLASSES)), out="present")
    return net.model([1, None, None, 3], {"present": [1, CLASSES]}, entry="image", kind=TensorProto.UINT8)


def half() -> onnx.ModelProto:
    """Weights and input in float16."""
    model = grey()
    for tensor in model.graph.initializer:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), tensor.name))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.elem_type = TensorProto.FLOAT16
    return model


def grey() -> onnx.ModelProto:
    """Digits: one colour, flattened for a dense layer, so that no other size will do."""
    net = Net(opset=18)
    one = net.op("Relu", net.conv("digit", 1, 6, 5))
    two = net.op("Tanh", net.conv(net.op("AveragePool", one, kernel_shape=[2, 2], strides=[2, 2]), 6, 8))
    pool = net.op("MaxPool", two, kernel_shape=[2, 2], strides=[2, 2])
    net.op("Gemm", net.op("Flatten", pool), net.random(8 * 49, CLASSES), out="digit_scores")
    return net.model([1, 1, 28, 28], {"digit_scores": [1, CLASSES]}, entry="digit")


def shuffle() -> onnx.ModelProto:
    """Channels shuffled by Shape and Reshape: any size, though shapes are computed on the way."""
    net = Net(opset=14, producer="pytorch")
    stem = net.op("Relu", net.conv("input", 3, 8, strides=[2, 2]))
    shape = net.op("Shape", stem)
    side = net.op("Slice", shape, *(net.weight([each], dtype=np.int64) for each in (2, 4, 0)))
    apart = net.op("Concat", net.weight([1, 2, 4], dtype=np.int64), side, axis=0)
    mixed = net.op("Transpose", net.op("Reshape", stem, apart), perm=[0, 2, 1, 3, 4])
    again = net.op("Reshape", mixed, net.op("Concat", net.weight([1, 8], dtype=np.int64), side, axis=0))
    two = net.op("Relu", net.conv(again, 8, 8, group=8))
    flat = net.op("Flatten", net.op("GlobalAveragePool", two))
    net.op("Gemm", flat, net.random(8, CLASSES), out="output")
    return net.model([1, 3, 64, 64], {"output": [1, CLASSES]})


def segmenter() -> onnx.ModelProto:
    """Down, up again, and joined: a map of classes, which is no classifier."""
    net = Net(opset=13)
    one = net.op("Relu", net.conv("input", 3, 8))
    two = net.op("Relu", net.conv(net.op("MaxPool", one, kernel_shape=[2, 2], strides=[2, 2]), 8, 8))
    up = net.op("Resize", two, "", net.weight([1, 1, 2, 2]), mode="nearest")
    joined = net.op("Concat", up, one, axis=1)
    net.op("Softmax", net.conv(joined, 16, CLASSES, 1), out="map", axis=1)
    return net.model([1, 3, 64, 64], {"map": [1, CLASSES, 64, 64]})


NETS: dict[str, Callable[[], onnx.ModelProto]] = {
    "torch_resnet": torch_resnet,
    "torch_resnet_11": lambda: torch_resnet(opset=11, batch=1, side="side"),
    "torch_scopes": torch_scopes,
    "caffe_plain": caffe_plain,
    "squeeze": squeeze,
    "mobile": mobile,
    "nhwc": nhwc,
    "nhwc_11": lambda: nhwc(opset=11),
    "pixels": pixels,
    "half": half,
    "grey": grey,
    "shuffle": shuffle,
    "segmenter": segmenter,
}
