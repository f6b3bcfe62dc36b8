"""`ventral layers`: what a network can show."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from models.network import open_network


def layers(model: str = "auto") -> None:
    """List the layers of a network: name, channels, stride.

    Example: `ventral layers vgg16`

    :param model: auto, a name such as vgg16, or an .onnx file
    """
    info = open_network(model).info
    weights = info.weights if info.trained else "none, UNTRAINED"
    print(f"{info.name}, weights: {weights}")
    table = Table(box=None, pad_edge=False)
    table.add_column("layer")
    for column in ("channels", "stride", "block"):
        table.add_column(column, justify="right")
    for layer in info.layers:
        table.add_row(layer.name, *(str(value) for value in (layer.channels, layer.stride, layer.block)))
    Console().print(table)
