"""The networks that Ventral knows by name: one record each, and where an exported one lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import platformdirs

from models.errors import ModelError
from models.spec import InputInfo, LayerInfo

VGG_BLOCKS = (2, 2, 3, 3, 3)
"""Convolutions per block of VGG16 (Simonyan and Zisserman 2014, table 1, column D)."""


@dataclass(frozen=True, slots=True)
class ZooEntry:
    """A network of keras.applications: its constructor, its input, and every layer that can be shown."""

    name: str
    keras: str
    input: InputInfo
    layers: tuple[LayerInfo, ...]


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

ZOO = {
    entry.name: entry for entry in (ZooEntry(name="vgg16", keras="VGG16", input=CAFFE_INPUT, layers=vgg16_layers()),)
}


def entry(name: str) -> ZooEntry:
    """The record called `name`, or a ModelError that lists the names there are."""
    try:
        return ZOO[name]
    except KeyError:
        raise ModelError(f"unknown network '{name}'; the zoo has {', '.join(sorted(ZOO))}") from None


def cache_folder() -> Path:
    """Where networks and finished graphs are kept between runs."""
    return platformdirs.user_cache_path("ventral", appauthor=False)


def stored_path(name: str) -> Path:
    """Where `ventral export` keeps the network called `name`."""
    return cache_folder() / "models" / f"{name}.onnx"
