"""How pixels become the input: from metadata, from the first nodes, from the producer, from a trial."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from models.importing.input.by_first_nodes import by_first_nodes
from models.importing.input.by_producer import by_producer
from models.importing.input.metadata import from_metadata, labels_in, native_size, read_metadata
from models.importing.input.normalization import CAFFE, RAW, TENSORFLOW, TORCH, UNIT
from models.importing.open_network import open_network
from models.spec import INPUT, InputInfo, InputLimits
from tests.models.importing.nets import CLASSES, Net
from tests.models.importing.reference import save


def described(text: str = "", **metadata: str) -> onnx.ModelProto:
    model = onnx.ModelProto(doc_string=text)
    for key, value in metadata.items():
        model.metadata_props.add(key=key.replace("__", "."), value=value)
    return model


DESCRIBED = {
    "caffe": (
        described(input_layout="NCHW, channels B,G,R", input_range="0..255 minus mean", input_mean="B=104 G=117 R=123"),
        ("BGR", (104, 117, 123), (1, 1, 1)),
    ),
    "named the other way": (
        described(color_order="RGB", input_mean="B=104 G=117 R=123"),
        ("RGB", (123, 117, 104), (1, 1, 1)),
    ),
    "torch": (
        described(mean="[0.485, 0.456, 0.406]", std="[0.229, 0.224, 0.225]"),
        ("RGB", TORCH.mean, TORCH.scale),
    ),
    "one number": (described(mean="127.5", std="127.5"), ("RGB", TENSORFLOW.mean, TENSORFLOW.scale)),
    "a scale": (described(scale="0.00392156862745098"), ("RGB", (0, 0, 0), UNIT.scale)),
    "winml": (
        described(Image__BitmapPixelFormat="Bgr8", Image__NominalPixelRange="NominalRange_0_255"),
        ("BGR", (0, 0, 0), (1, 1, 1)),
    ),
    "winml 0 to 1": (
        described(Image__BitmapPixelFormat="Rgb8", Image__NominalPixelRange="Normalized_0_1"),
        ("RGB", (0, 0, 0), UNIT.scale),
    ),
    "winml -1 to 1": (described(Image__NominalPixelRange="Normalized_1_1"), ("RGB", (127.5,) * 3, TENSORFLOW.scale)),
    "a sentence": (described("Input BGR 0..255 minus (103.9,116.8,123.7)."), ("BGR", (103.9, 116.8, 123.7), (1, 1, 1))),
    "a range in a sentence": (described("RGB pixels from 0 to 1"), ("RGB", (0, 0, 0), UNIT.scale)),
}  # fmt: skip


@pytest.mark.parametrize("name", DESCRIBED)
def test_metadata_describes_the_input(name: str) -> None:
    model, (colours, mean, scale) = DESCRIBED[name]
    estimate = from_metadata(read_metadata(model), 3)
    assert estimate is not None
    assert estimate.sure
    assert estimate.input.colours == colours
    assert estimate.input.mean == pytest.approx(mean)
    assert estimate.input.scale == pytest.approx(scale)


@pytest.mark.parametrize("model", [described(), described("A fine network from 2019"), described(mean="none", std="0")])
def test_metadata_without_the_input(model: onnx.ModelProto) -> None:
    assert from_metadata(read_metadata(model), 3) is None


def preamble(*steps: tuple[str, list[float]], channels: int = 3) -> onnx.GraphProto:
    net, tensor = Net(), INPUT
    for kind, values in steps:
        shaped = np.reshape(values, (-1, 1, 1))
        tensor = net.op(kind, tensor, net.weight(shaped))
    net.conv(tensor, channels, 4)
    return net.model([1, channels, 32, 32], {}).graph


@pytest.mark.parametrize(
    ("graph", "colours", "scale"),
    [
        (preamble(("Sub", [123.7, 116.8, 103.9])), "RGB", RAW.scale),
        (preamble(("Sub", [103.9, 116.8, 123.7])), "BGR", RAW.scale),
        (preamble(("Mul", [1 / 127.5]), ("Sub", [1.0])), "RGB", RAW.scale),
        (preamble(("Div", [255.0])), "RGB", RAW.scale),
        (preamble(("Sub", [0.485, 0.456, 0.406]), ("Div", [0.229, 0.224, 0.225])), "RGB", UNIT.scale),
        (preamble(("Mul", [2.0]), ("Sub", [1.0])), "RGB", UNIT.scale),
    ],
)
def test_network_that_normalizes_takes_pixels(graph: onnx.GraphProto, colours: str, scale: tuple[float, ...]) -> None:
    estimate = by_first_nodes(graph, 3)
    assert estimate is not None
    assert (estimate.input.colours, estimate.input.scale) == (colours, scale)


@pytest.mark.parametrize("graph", [preamble(), preamble(("Mul", [1.01]))])
def test_network_that_does_not_normalize_says_nothing(graph: onnx.GraphProto) -> None:
    assert by_first_nodes(graph, 3) is None


def written_by(producer: str, entry: str, name: str) -> onnx.ModelProto:
    net = Net(producer=producer)
    net.conv(entry, 3, 4, out=name)
    return net.model([1, 3, 32, 32], {}, entry=entry)


@pytest.mark.parametrize(
    ("model", "file", "normalization"),
    [
        (written_by("pytorch", "input", "7"), "net", TORCH),
        (written_by("", "data", "resnetv17_conv0_fwd"), "net", TORCH),
        (written_by("tf2onnx", "input_1", "m/conv/Relu:0"), "mobilenet", TENSORFLOW),
        (written_by("tf2onnx", "input_1", "conv1_conv/Relu:0"), "resnet50", CAFFE),
        (written_by("onnx-caffe2", "data_0", "conv1_1"), "vgg19", CAFFE),
        (written_by("", "data", "fire2/squeeze1x1"), "net", CAFFE),
        (written_by("", "x", "y"), "net", TORCH),
    ],
)
def test_who_wrote_it_says_what_is_usual(model: onnx.ModelProto, file: str, normalization: object) -> None:
    assert by_producer(model, file)[0] is normalization


@pytest.mark.parametrize(("gain", "scale"), [(1.0, TORCH.scale), (1 / 58, CAFFE.scale)])
def test_trial_finds_the_scale_of_trained_scores(tmp_path: Path, gain: float, scale: tuple[float, ...]) -> None:
    net = Net(producer="pytorch", seed=3)
    kernel = net.random(16, 3, 7, 7, scale=gain * (2 / 147) ** 0.5)
    one = net.op("Relu", net.op("Conv", INPUT, kernel, pads=[3] * 4))
    two = net.op("Relu", net.conv(one, 16, 32, bias=False))
    flat = net.op("Flatten", net.op("GlobalAveragePool", two))
    net.op("Gemm", flat, net.random(CLASSES, 32, scale=1.0), out="y", transB=1)
    model = net.model([1, 3, 64, 64], {"y": [1, CLASSES]})
    assert open_network(str(save(model, tmp_path))).info.input.scale == pytest.approx(scale)


LABELS = {
    "ultralytics": {"names": "{0: 'cat', 1: \"dog's\", 2: 'person'}"},
    "json": {"labels": '["cat", "dog\'s", "person"]'},
    "json by number": {"labels": '{"0": "cat", "1": "dog\'s", "2": "person"}'},
    "lines": {"classes": "cat\ndog's\nperson"},
    "commas": {"classes": "cat, dog's, person"},
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_read_from_metadata(name: str) -> None:
    metadata = read_metadata(described(**LABELS[name]))
    assert labels_in(metadata, 3) == ("cat", "dog's", "person")
    assert labels_in(metadata, 4) is None


def test_size_of_the_pictures_it_learned_from() -> None:
    assert native_size(read_metadata(described(native_size="227")), InputLimits(32)) == (227, 227)
    assert native_size(read_metadata(described(imgsz="[640, 480]")), InputLimits(32, step=32)) == (640, 480)
    assert native_size(read_metadata(described(imgsz="[99999]")), InputLimits(32)) is None
    assert native_size(read_metadata(described(native_size="227")), InputLimits(32, step=32)) is None


def test_grey_is_fed_the_mean_of_the_colours() -> None:
    assert RAW.input(1) == InputInfo("GREY", (0.0,), (1.0,))
    assert CAFFE.input(1).mean == pytest.approx((344 / 3,))
