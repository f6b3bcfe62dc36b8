"""Networks whose outputs are pictures or maps: segmenters, depth, super-resolution, style; and a detector."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.models.importing.nets import Net

INDEX = np.int64
SIDE = 64


def trunk(net: Net, tensor: str = "x", channels: int = 3) -> str:
    """Half the size of the picture, 8 channels."""
    one = net.op("Relu", net.conv(tensor, channels, 8, name="one", strides=[2, 2]))
    return net.op("Relu", net.conv(one, 8, 8, name="two"))


def declared(net: Net, outputs: dict[str, int], channels: int = 3) -> onnx.ModelProto:
    """The model; its outputs have element types and no shapes."""
    model = net.model([1, channels, "h", "w"], {}, entry="x")
    model.graph.output.extend(helper.make_tensor_value_info(name, kind, None) for name, kind in outputs.items())
    return model


def classes_per_pixel() -> onnx.ModelProto:
    """As torchvision's segmenters are exported: enlarged scores, and a second output from the middle."""
    net = Net(producer="pytorch")
    features = trunk(net)
    scores = net.conv(features, 8, 5, 1, name="classifier")
    net.op("Resize", scores, "", net.weight([1, 1, 2, 2]), out="out", mode="linear")
    auxiliary = net.conv(net.op("Relu", net.conv(features, 8, 8, name="aux.one")), 8, 5, 1, name="aux.two")
    net.op("Resize", auxiliary, "", net.weight([1, 1, 2, 2]), out="aux", mode="linear")
    return declared(net, {"out": TensorProto.FLOAT, "aux": TensorProto.FLOAT})


def numbers_of_classes() -> onnx.ModelProto:
    """As PaddleSeg exports: (1, h, w) integers."""
    net = Net()
    net.op("ArgMax", net.conv(trunk(net), 8, 5, 1, name="classifier"), out="classes", axis=1, keepdims=0)
    return declared(net, {"classes": TensorProto.INT64})


def numbers_with_a_channel() -> onnx.ModelProto:
    """(1, 1, h, w) integers."""
    net = Net()
    net.op("ArgMax", net.conv(trunk(net), 8, 5, 1, name="classifier"), out="numbers", axis=1)
    return declared(net, {"numbers": TensorProto.INT64})


def numbers_in_nhwc() -> onnx.ModelProto:
    """As tf2onnx exports: probabilities in (1, h, w, classes), and their largest in (1, h, w)."""
    net = Net(producer="tf2onnx")
    scores = net.conv(trunk(net), 8, 5, 1, name="classifier")
    turned = net.op("Transpose", scores, perm=[0, 2, 3, 1])
    net.op("Softmax", turned, out="probabilities", axis=-1)
    net.op("Cast", net.op("ArgMax", turned, axis=3, keepdims=0), out="classes", to=TensorProto.INT32)
    return declared(net, {"probabilities": TensorProto.FLOAT, "classes": TensorProto.INT32})


def depth() -> onnx.ModelProto:
    """As MiDaS: one plane (1, h, w)."""
    net = Net(producer="pytorch")
    plane = net.op("Relu", net.conv(trunk(net), 8, 1, 1, name="head"))
    net.op("Squeeze", plane, net.weight([1], dtype=INDEX), out="depth")
    return declared(net, {"depth": TensorProto.FLOAT})


def super_resolution() -> onnx.ModelProto:
    """The luminance of a picture, three times as large."""
    net = Net(producer="pytorch")
    one = net.op("Relu", net.conv("x", 1, 8, 5, name="one"))
    two = net.op("Relu", net.conv(one, 8, 8, name="two"))
    net.op("DepthToSpace", net.conv(two, 8, 9, name="three"), out="larger", blocksize=3, mode="CRD")
    return declared(net, {"larger": TensorProto.FLOAT}, channels=1)


def style() -> onnx.ModelProto:
    """A picture becomes a picture: reflected margins, normalization of each picture, enlargement, RGB of 0 to 255."""
    net = Net(opset=11, producer="pytorch")

    def convolve(tensor: str, channels: int, filters: int, name: str, stride: int = 1) -> str:
        padded = net.op("Pad", tensor, net.weight([0, 0, 1, 1, 0, 0, 1, 1], dtype=INDEX), mode="reflect")
        made = net.conv(padded, channels, filters, name=name, pads=[0] * 4, strides=[stride] * 2)
        return net.op("InstanceNormalization", made, net.random(filters, scale=1.0), net.random(filters))

    one = net.op("Relu", convolve("x", 3, 8, "one", 2))
    two = net.op("Add", convolve(net.op("Relu", convolve(one, 8, 8, "two")), 8, 8, "three"), one)
    up = net.op("Resize", two, net.weight(np.zeros(0)), net.weight([1, 1, 2, 2]), mode="nearest")
    padded = net.op("Pad", up, net.weight([0, 0, 1, 1, 0, 0, 1, 1], dtype=INDEX), mode="reflect")
    net.op("Clip", net.conv(padded, 8, 3, name="last", pads=[0] * 4), net.weight(0.0), net.weight(255.0), out="picture")
    return declared(net, {"picture": TensorProto.FLOAT})


def detector() -> onnx.ModelProto:
    """Heads at two sizes, flattened and joined: lists of boxes are no maps, the convolutions before them are."""
    net = Net(producer="pytorch")
    near = trunk(net)
    far = net.op("Relu", net.conv(near, 8, 8, name="far", strides=[2, 2]))
    rows = []
    for name, tensor in (("near_head", near), ("far_head", far)):
        head = net.conv(tensor, 8, 6, 1, name=name)
        rows.append(net.op("Reshape", head, net.weight([1, 6, -1], dtype=INDEX)))
    net.op("Transpose", net.op("Concat", *rows, axis=2), out="boxes", perm=[0, 2, 1])
    return declared(net, {"boxes": TensorProto.FLOAT})


def scores_of_places() -> onnx.ModelProto:
    """As YuNet: (1, places, 1), a score for each place, which is no class."""
    net = Net(producer="pytorch")
    head = net.conv(trunk(net), 8, 1, 1, name="head")
    turned = net.op("Transpose", head, perm=[0, 2, 3, 1])
    net.op("Sigmoid", net.op("Reshape", turned, net.weight([1, -1, 1], dtype=INDEX)), out="scores")
    return declared(net, {"scores": TensorProto.FLOAT})


OUTPUTS: dict[str, tuple[Callable[[], onnx.ModelProto], dict[str, int]]] = {
    "classes per pixel": (classes_per_pixel, {"out": 5, "aux": 5}),
    "numbers of classes": (numbers_of_classes, {"classes_2": 1}),
    "numbers with a channel": (numbers_with_a_channel, {"numbers": 1}),
    "numbers in NHWC": (numbers_in_nhwc, {"probabilities": 5, "classes_2": 1}),
    "depth": (depth, {"depth": 1}),
    "super-resolution": (super_resolution, {"larger": 1}),
    "style": (style, {"last": 3}),
    "a detector": (detector, {}),
    "scores of places": (scores_of_places, {}),
}
"""Networks, and the channels of the outputs that are shown; "classes" is the name of the classifier's scores."""
