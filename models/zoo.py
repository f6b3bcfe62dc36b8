"""The networks that Ventral knows by name: one record each, and the files of exported ones."""

from dataclasses import dataclass
from pathlib import Path

import platformdirs

from models.errors import ModelError
from models.spec import Hw, InputInfo, LayerInfo

VGG_BLOCKS = (2, 2, 3, 3, 3)  # convolutions per block of VGG16 (Simonyan and Zisserman 2014, table 1, column D)


@dataclass(frozen=True, slots=True)
class ZooEntry:
    """A network of keras.applications: its constructor, its input, and its key layers.

    Every convolution can be shown under the name of its Keras layer: the tensor after batch norm and activation.
    `key_layers` is a regular expression for the key layers, which may be other layers too. The network was trained
    on images of `size_hw`.
    """

    name: str
    keras: str
    input: InputInfo
    key_layers: str
    size_hw: Hw = (224, 224)


def vgg16_layers(width: float = 1.0, widest: float = 512) -> tuple[LayerInfo, ...]:
    """The thirteen convolutions of VGG16 in forward order, with `width` times its channels.

    The channels double from block to block up to `widest`, which is 512 in VGG16.
    """
    return tuple(
        LayerInfo(
            name=f"block{block}_conv{conv}",
            channels=int(min(64 * 2 ** (block - 1), widest) * width),
            stride=2 ** (block - 1),
            block=block,
        )
        for block, count in enumerate(VGG_BLOCKS, start=1)
        for conv in range(1, count + 1)
    )


CAFFE_INPUT = InputInfo(colours="BGR", mean=(103.939, 116.779, 123.68))
"""The input of networks trained in Caffe on ImageNet: BGR minus the mean colour."""

SYMMETRIC_INPUT = InputInfo(colours="RGB", mean=(127.5,) * 3, scale=(1 / 127.5,) * 3)
"""RGB from -1 to 1, the input of Google's networks."""

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
    """The record called `name`, or a ModelError that lists the names."""
    try:
        return ZOO[name]
    except KeyError:
        raise ModelError(f"unknown network '{name}'; expected {', '.join(sorted(ZOO))}") from None


BUNDLED = "world"  # the bundled network; models/assets/world.md describes it


def bundled_path() -> Path:
    """The file of the bundled network, in the package."""
    return Path(__file__).parent / "assets" / f"{BUNDLED}.onnx"


def cache_folder() -> Path:
    """The folder where networks and finished graphs are kept between runs."""
    return platformdirs.user_cache_path("ventral", appauthor=False)


def stored_path(name: str) -> Path:
    """The file where `ventral export` keeps the network called `name`."""
    return cache_folder() / "models" / f"{name}.onnx"
