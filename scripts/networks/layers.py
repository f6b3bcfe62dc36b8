"""`ventral layers`: list the layers of a network."""

import dataclasses
from collections import Counter
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from models.build.float_operators import float_operators
from models.errors import SettingError
from models.spec import InputLimits, ModelInfo
from realtime.show.options import NetworkOptions


def layers(
    model: str | None = None,
    /,
    *,
    options: Annotated[NetworkOptions, Parameter(name="*")] = NetworkOptions(),  # noqa: B008, a frozen value
    precision: Literal["fp32", "int8"] = "fp32",
) -> None:
    """List the layers of a network: name, channels, stride and block.

    A dot marks the key layers: those that the keys for the next and the previous layer select.
    There are no dots if all layers are key layers.

    Example: `ventral layers vgg16`

    :param precision: int8 also lists which operators stay in fp32 when the views compute in int8
    :param model: the same as --model: auto, a name such as vgg16, an .onnx file, or a folder made by ventral train
    """
    if model is not None:
        if options.model not in (NetworkOptions().model, model):
            raise SettingError(f"expected one network, but got '{model}' and --model '{options.model}'; leave one out")
        options = dataclasses.replace(options, model=model)
    network = options.open()
    info = network.info
    print(f"{info.name}, weights: {info.weights if info.trained else 'none, UNTRAINED'}")
    print(input_format(info))
    if info.classifier is not None:
        print(f"{len(info.classifier.labels)} classes: {', '.join(info.classifier.labels[:3])} ...")
    table = Table(box=None, pad_edge=False)
    table.add_column("layer", overflow="fold")
    for column in ("channels", "stride", "block"):
        table.add_column(column, justify="right")
    table.add_column("")
    floats = float_operators(network) if precision == "int8" else None
    if floats is not None:
        table.add_column("stays in fp32", overflow="fold")
    for layer in info.layers:
        mark = "•" if layer.is_key_layer and info.key_layers != info.layers else ""
        cells = [str(value) for value in (layer.channels, layer.stride, layer.block)]
        table.add_row(layer.name, *cells, mark, *([] if floats is None else [_listed(floats[layer.name])]))
    Console().print(table)


def _listed(operators: Counter[str]) -> str:
    return ", ".join(name if count == 1 else f"{count} {name}" for name, count in operators.items())


def input_format(info: ModelInfo) -> str:
    """The input: colours, normalization and size."""
    entry = info.input
    mean, scale = ([f"{value:.6g}" for value in dict.fromkeys(values)] for values in (entry.mean, entry.scale))
    factor = "" if scale == ["1"] else f" * {_group(scale)}"
    return f"input: {entry.colours}, (pixel - {_group(mean)}){factor}, {_sizes(entry.limits)}"


def _sizes(limits: InputLimits) -> str:
    if limits.fixed_hw is not None:
        return "{}x{} pixels".format(*limits.fixed_hw[::-1])
    least = f"at least {limits.smallest} pixels"
    return least if limits.step == 1 else f"{least}, in multiples of {limits.step}"


def _group(numbers: list[str]) -> str:
    return numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"
