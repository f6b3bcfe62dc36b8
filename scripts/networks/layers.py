"""`ventral layers`: what a network can show."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from models.errors import SettingError
from models.spec import ModelInfo
from realtime.show.config import NetworkOptions


def layers(
    model: str | None = None,
    /,
    *,
    choice: Annotated[NetworkOptions, Parameter(name="*")] = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """List the layers of a network: name, channels, stride, block; those that the keys stop at have a dot.

    Example: `ventral layers vgg16`

    :param model: auto, a name such as vgg16, or an .onnx file: the same as --model
    """
    if model is not None:
        if choice.model not in (NetworkOptions().model, model):
            raise SettingError(f"two networks are named, '{model}' and '{choice.model}'; leave one out")
        choice = dataclasses.replace(choice, model=model)
    info = choice.open().info
    print(f"{info.name}, weights: {info.weights if info.trained else 'none, UNTRAINED'}")
    print(fed(info))
    if info.classifier is not None:
        print(f"names {len(info.classifier.labels)} classes: {', '.join(info.classifier.labels[:3])} ...")
    table = Table(box=None, pad_edge=False)
    table.add_column("layer", overflow="fold")
    for column in ("channels", "stride", "block"):
        table.add_column(column, justify="right")
    table.add_column("")
    for layer in info.layers:
        mark = "•" if layer.landmark and info.landmarks != info.layers else ""
        table.add_row(layer.name, *(str(value) for value in (layer.channels, layer.stride, layer.block)), mark)
    Console().print(table)


def fed(info: ModelInfo) -> str:
    """What the network is fed, in words."""
    wanted = info.input
    mean, scale = ([f"{value:.6g}" for value in dict.fromkeys(values)] for values in (wanted.mean, wanted.scale))
    size = "{}x{} pixels".format(*wanted.fixed_hw[::-1]) if wanted.fixed_hw else f"from {wanted.smallest} pixels"
    factor = "" if scale == ["1"] else f" * {_group(scale)}"
    return f"sees {wanted.colours}, (pixel - {_group(mean)}){factor}, {size}"


def _group(numbers: list[str]) -> str:
    return numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"
