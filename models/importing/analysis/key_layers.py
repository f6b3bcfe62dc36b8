"""Choose the key layers: all convolutions of a plain network; stem and joins of one with branches."""

from collections.abc import Sequence

import onnx

from models.graph import surgery
from models.graph.builder import ancestors
from models.importing.analysis.find_layers import FoundLayer
from models.spec import INPUT

MOST = 24
"""More would take too many key presses from the first to the last."""

FEWEST = 6
"""With fewer joins the convolutions between them are key layers too."""


def key_layers(graph: onnx.GraphProto, layers: Sequence[FoundLayer], strides: Sequence[int]) -> set[str]:
    """The tensors of the key layers, at most 24; `strides` are those of `layers`."""
    branches = any(layer.is_join for layer in layers)
    chosen = _of_branches(graph, [layer for layer in layers if layer.kind != "attention"]) if branches else list(layers)
    if len(chosen) > MOST:
        chosen = [layer for layer in chosen if not layer.depthwise] or chosen
    places = {layer.tensor: place for place, layer in enumerate(layers)}
    return _thinned([layer.tensor for layer in chosen], [strides[places[layer.tensor]] for layer in chosen])


def _of_branches(graph: onnx.GraphProto, layers: Sequence[FoundLayer]) -> list[FoundLayer]:
    cuts, readers = _cuts(graph, layers[-1].tensor), surgery.consumers(graph)
    joins = {layer.node.output[0] for layer in layers if layer.is_join}

    def matters(layer: FoundLayer) -> bool:
        forks = any(node.output[0] in joins for node in readers[layer.tensor])
        wide = layer.kernel > 1 and not layer.depthwise
        return layer.is_join or (layer.tensor in cuts and (wide or forks)) or layer == layers[-1]

    chosen = [layer for layer in layers if matters(layer)]
    if len(chosen) < FEWEST:
        chosen = [layer for layer in layers if matters(layer) or (layer.kernel > 1 and not layer.depthwise)]
    return chosen


def _cuts(graph: onnx.GraphProto, last: str) -> set[str]:
    """The tensors that every path from the input to the `last` layer goes through."""
    nodes = ancestors(graph, [last])
    variable = surgery.dependents(graph, INPUT)
    waiting: dict[str, int] = {}
    for node in nodes:
        for name in variable.intersection(node.input):
            waiting[name] = waiting.get(name, 0) + 1
    cuts, unread = {last}, set[str]()
    for node in nodes:
        for name in variable.intersection(node.input):
            waiting[name] -= 1
            if not waiting[name]:
                unread.discard(name)
        unread.update(name for name in node.output if waiting.get(name))
        if unread == {node.output[0]}:
            cuts.add(node.output[0])
    return cuts


def _thinned(names: list[str], strides: list[int]) -> set[str]:
    """At most `MOST`: the first, the last of each stride, and others evenly between."""
    if len(names) <= MOST:
        return set(names)
    ends = {place for place in range(len(names)) if place + 1 == len(names) or strides[place] != strides[place + 1]}
    chosen = {0, *sorted(ends)[-MOST + 1 :]}
    others, room = [place for place in range(len(names)) if place not in chosen], MOST - len(chosen)
    chosen.update(others[step * len(others) // room] for step in range(room))
    return {names[place] for place in chosen}
