"""The networks that Ventral knows by name: one record each, and where an exported one lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import platformdirs

from models.errors import ModelError
from models.spec import Hw, InputInfo, LayerInfo

VGG_BLOCKS = (2, 2, 3, 3, 3)
"""Convolutions per block of VGG16 (Simonyan and Zisserman 2014, table 1, column D)."""


@dataclass(frozen=True, slots=True)
class ZooEntry:
    """A network of keras.applications: its constructor there, what it is fed, and which layers the keys stop at.

    Every convolution can be shown, by the name of its Keras layer: the tensor after its batch norm and activation.
    `landmarks` is a regular expression for the names of those worth a stop, and of other layers to be shown.
    It was trained on pictures of `size_hw`.
    """

    name: str
    keras: str
    input: InputInfo
    landmarks: str
    size_hw: Hw = (224, 224)


def vgg16_layers(width: float = 1.0) -> tuple[LayerInfo, ...]:
    """The thirteen convolutions of VGG16 in forward order, with `width` times its channels."""
    return tuple(
        LayerInfo(
            name=f"block{block}_conv{conv}",
            channels=int(min(64 * 2 ** (block - 1), 512) * width),
            stride=2 ** (block - 1),
            block=block,
        )
        for block, count in enumerate(VGG_BLOCKS, start=1)
        for conv in range(1, count + 1)
    )


CAFFE_INPUT = InputInfo(colours="BGR", mean=(103.939, 116.779, 123.68))
"""What networks trained in Caffe on ImageNet are fed: BGR minus the mean colour."""

SYMMETRIC_INPUT = InputInfo(colours="RGB", mean=(127.5,) * 3, scale=(1 / 127.5,) * 3)
"""RGB from -1 to 1, as Google's networks are fed."""

ZOO = {
    entry.name: entry
    for entry in (
        ZooEntry("vgg16", "VGG16", CAFFE_INPUT, r"block\d_conv\d"),
        ZooEntry("vgg19", "VGG19", CAFFE_INPUT, r"block\d_conv\d"),
        ZooEntry(
            "inception_v3",
            "InceptionV3",
            InputInfo("RGB", SYMMETRIC_INPUT.mean, SYMMETRIC_INPUT.scale, smallest=75),
            r"conv2d(_2|_4)?|mixed\d+",
            size_hw=(299, 299),
        ),
        ZooEntry("resnet50", "ResNet50", CAFFE_INPUT, r"conv1_conv|conv\d_block\d_out"),
        ZooEntry(
            "mobilenet_v2",
            "MobileNetV2",
            SYMMETRIC_INPUT,
            r"Conv1|expanded_conv_project|block_\d+_add|block_(1|3|6|10|13|16)_project|Conv_1",
        ),
        ZooEntry(
            "efficientnet_b0",
            "EfficientNetB0",
            InputInfo("RGB"),
            r"stem_conv|block\da_project_conv|block\d[b-z]_add|top_conv",
        ),
    )
}


def entry(name: str) -> ZooEntry:
    """The record called `name`, or a ModelError that lists the names there are."""
    try:
        return ZOO[name]
    except KeyError:
        raise ModelError(f"unknown network '{name}'; the zoo has {', '.join(sorted(ZOO))}") from None


BUNDLED = "textures"
"""The network that comes with the program: VGG16's shape at a quarter of its width, trained on drawn textures."""


def bundled_path() -> Path:
    """Where it lies, in the package."""
    return Path(__file__).parent / "assets" / f"{BUNDLED}.onnx"


def cache_folder() -> Path:
    """Where networks and finished graphs are kept between runs."""
    return platformdirs.user_cache_path("ventral", appauthor=False)


def stored_path(name: str) -> Path:
    """Where `ventral export` keeps the network called `name`."""
    return cache_folder() / "models" / f"{name}.onnx"
