"""A walk through a Keras network: its layers in forward order, their outputs, and which of them can be shown.

A symbolic tensor is identified by its `id`: it is the same object as an output and as an input.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from models.spec import LayerInfo

Layer: TypeAlias = Any
"""A keras.Layer."""

Tensor: TypeAlias = Any
"""A symbolic tensor of Keras: (1, height, width, channels) or (1, channels)."""

Taps: TypeAlias = dict[str, Tensor]
"""The tensors that can be shown, by their names, in forward order."""

CONVOLUTIONS = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D")
FOLLOWERS = ("BatchNormalization", "Activation", "ReLU")
"""Layers that belong to a convolution if nothing else reads its output."""


def sources(layer: Layer) -> list[Tensor]:
    """The inputs of a layer."""
    return layer.input if isinstance(layer.input, list) else [layer.input]


def forward(layers: Iterable[Layer], tensors: Iterable[Tensor]) -> list[Layer]:
    """Those of `layers` that `tensors` depend on, in topological order, one branch after the other."""
    makers = {id(layer.output): layer for layer in layers if kind(layer) != "InputLayer"}
    order: dict[str, Layer] = {}

    def visit(tensor: Tensor) -> None:
        layer = makers.get(id(tensor))
        if layer is None or layer.name in order:
            return
        for source in sources(layer):
            visit(source)
        order[layer.name] = layer

    for tensor in tensors:
        visit(tensor)
    return list(order.values())


def kind(layer: Layer) -> str:
    """The name of a layer's class."""
    return type(layer).__name__


def run(
    layers: Sequence[Layer], start: Tensor, picture: Any, prepare: Callable[[Layer, list[Any]], None] | None = None
) -> dict[int, Any]:
    """The outputs of `layers` for a picture (1, height, width, 3) of any size, by the id of the symbolic output.

    `prepare` is called with each layer and its arguments before it runs.
    """
    values = {id(start): picture}
    for layer in layers:
        arguments = [values[id(tensor)] for tensor in sources(layer)]
        if prepare:
            prepare(layer, arguments)
        values[id(layer.output)] = layer(arguments if len(arguments) > 1 else arguments[0])
    return values


def find_taps(layers: Sequence[Layer], key_layers: str) -> Taps:
    """The convolutions of `layers` in forward order, and other layers whose name matches `key_layers`."""
    names: dict[int, str] = {}
    for layer in layers:
        if kind(layer) in CONVOLUTIONS:
            names[id(_finished(layer, layers))] = layer.name
        elif re.fullmatch(key_layers, layer.name):
            names[id(layer.output)] = layer.name
    return {names[id(layer.output)]: layer.output for layer in layers if id(layer.output) in names}


def _finished(layer: Layer, layers: Sequence[Layer]) -> Tensor:
    """The output of a convolution after the batch norm and the activation that follow it."""
    uses = Counter(id(tensor) for each in layers for tensor in sources(each))
    readers = {id(tensor): each for each in layers for tensor in sources(each)}
    while uses[id(layer.output)] == 1 and kind(readers[id(layer.output)]) in FOLLOWERS:
        layer = readers[id(layer.output)]
    return layer.output


def describe(taps: Taps, layers: Sequence[Layer], start: Tensor, key_layers: str) -> tuple[LayerInfo, ...]:
    """The record of each of `taps`; its block is the rank of its stride."""
    steps = _strides(layers, start)
    ranks = {stride: rank for rank, stride in enumerate(sorted({steps[id(tap)] for tap in taps.values()}), start=1)}
    return tuple(
        LayerInfo(
            name=name,
            channels=tensor.shape[-1],
            stride=steps[id(tensor)],
            block=ranks[steps[id(tensor)]],
            is_key_layer=re.fullmatch(key_layers, name) is not None,
        )
        for name, tensor in taps.items()
    )


def _strides(layers: Sequence[Layer], start: Tensor) -> dict[int, int]:
    """Input pixels per step of each tensor; an average over the whole input keeps the stride it had."""
    steps = {id(start): 1}
    for layer in layers:
        before = max(steps[id(tensor)] for tensor in sources(layer))
        steps[id(layer.output)] = before * int(getattr(layer, "strides", (1,))[0])
    return steps
