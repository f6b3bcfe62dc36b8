"""A walk through a network of Keras: what computes in which order, what it gives, and which layers can be shown.

A tensor of Keras's graph is known by its `id`: it is the same object where it is made and where it is taken.
"""

from __future__ import annotations

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
"""What belongs to a convolution when nothing else takes its output."""


def sources(layer: Layer) -> list[Tensor]:
    """The tensors that a layer takes."""
    return layer.input if isinstance(layer.input, list) else [layer.input]


def forward(layers: Iterable[Layer], tensors: Iterable[Tensor]) -> list[Layer]:
    """Those of `layers` that `tensors` depend on, each after what it needs; branches one after the other."""
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
    """What each of `layers` makes of a picture (1, height, width, 3) of any size, by the id of its output.

    `prepare` is called with each layer and its arguments before it computes.
    """
    values = {id(start): picture}
    for layer in layers:
        arguments = [values[id(tensor)] for tensor in sources(layer)]
        if prepare:
            prepare(layer, arguments)
        values[id(layer.output)] = layer(arguments if len(arguments) > 1 else arguments[0])
    return values


def find_taps(layers: Sequence[Layer], landmarks: str) -> Taps:
    """The convolutions of `layers`, in forward order, and the other ones whose name matches `landmarks`."""
    names: dict[int, str] = {}
    for layer in layers:
        if kind(layer) in CONVOLUTIONS:
            names[id(_finished(layer, layers))] = layer.name
        elif re.fullmatch(landmarks, layer.name):
            names[id(layer.output)] = layer.name
    return {names[id(layer.output)]: layer.output for layer in layers if id(layer.output) in names}


def _finished(layer: Layer, layers: Sequence[Layer]) -> Tensor:
    """The output of a convolution after the batch norm and the activation that alone follow it."""
    uses = Counter(id(tensor) for each in layers for tensor in sources(each))
    takers = {id(tensor): each for each in layers for tensor in sources(each)}
    while uses[id(layer.output)] == 1 and kind(takers[id(layer.output)]) in FOLLOWERS:
        layer = takers[id(layer.output)]
    return layer.output


def describe(taps: Taps, layers: Sequence[Layer], start: Tensor, landmarks: str) -> tuple[LayerInfo, ...]:
    """The record of each of `taps`; its block is the rank of its stride."""
    steps = _strides(layers, start)
    ranks = {stride: rank for rank, stride in enumerate(sorted({steps[id(tap)] for tap in taps.values()}), start=1)}
    return tuple(
        LayerInfo(
            name=name,
            channels=tensor.shape[-1],
            stride=steps[id(tensor)],
            block=ranks[steps[id(tensor)]],
            landmark=re.fullmatch(landmarks, name) is not None,
        )
        for name, tensor in taps.items()
    )


def _strides(layers: Sequence[Layer], start: Tensor) -> dict[int, int]:
    """Pixels of the picture per step of each tensor; what is averaged to one point keeps the stride it had."""
    steps = {id(start): 1}
    for layer in layers:
        before = max(steps[id(tensor)] for tensor in sources(layer))
        steps[id(layer.output)] = before * int(getattr(layer, "strides", (1,))[0])
    return steps
