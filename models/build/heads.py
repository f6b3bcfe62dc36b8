"""Append what turns activations into small uint8 pictures, so that little leaves the graph.

Each head reads a post-activation tensor (1, C, h, w) and takes a gain per channel, which the view smooths from
the `peak` that came out last time: the graph itself remembers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.build import objectives
from models.graph.builder import FLOAT, INT64, UINT8, GraphBuilder
from models.spec import CLASSES, ActivationsHead, DreamHead, Grid, Head, GradcamHead, Hw, ModelInfo, MosaicHead, ScoresHead, StoryHead


def head_tensors(head: Head, info: ModelInfo) -> tuple[str, ...]:
    """The tensors of the network that a head reads; ModelError when one is not there."""
    match head:
        case MosaicHead():
            return (info.layer(head.layer).name,)
        case StoryHead():
            return tuple(info.layer(name).name for name in head.layers)
        case ScoresHead():
            return (info.scores.probabilities,)
        case DreamHead():
            return tuple(_tensor(name, info) for name in head.layers)
        case GradcamHead():
            return (info.layer(head.layer).name, _tensor(head.aim, info))
        case ActivationsHead():
            return (info.layer(head.layer).name,)


def _tensor(name: str, info: ModelInfo) -> str:
    """The tensor of a layer, or the classifier's logits."""
    return info.scores.logits if name == CLASSES else info.layer(name).name


def reads_classifier(head: Head) -> bool:
    """Whether a head needs the network's classifier."""
    match head:
        case ScoresHead():
            return True
        case DreamHead():
            return CLASSES in head.layers
        case GradcamHead():
            return head.aim == CLASSES
    return False


def takes(head: Head) -> int:
    """The ONNX element type of the picture that a head is fed: a dream is a picture in progress."""
    return FLOAT if isinstance(head, DreamHead) else UINT8


def append(draft: GraphBuilder, head: Head, info: ModelInfo, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Add the nodes, inputs and outputs of `head`; `shapes` are those of the truncated network."""
    match head:
        case ScoresHead():
            tensor = info.scores.probabilities
            draft.output(draft.op("Reshape", tensor, draft.ints(-1)), "scores", FLOAT, shapes[tensor][1:])
        case DreamHead():
            objectives.dream(draft, head, head_tensors(head, info), shapes)
        case GradcamHead():
            objectives.heat(draft, head, _tensor(head.aim, info), shapes)
        case ActivationsHead():
            draft.output(draft.op("Squeeze", head.layer, draft.ints(0)), "activations", FLOAT, shapes[head.layer][1:])
        case MosaicHead():
            _mosaic(draft, head, shapes[head.layer])
        case StoryHead():
            _story(draft, head, shapes)


def resampling(source: int, target: int) -> NDArray[np.float32]:
    """The matrix (target, source) that resizes a line of pixels linearly, averaging where it shrinks.

    A triangle filter as wide as the larger of the two pixel distances, cut off and renormalised at the border:
    the rule of Pillow's BILINEAR. As a matrix product it runs on every provider at the speed of a convolution.
    """
    scale = source / target
    support = max(scale, 1.0)
    centres = (np.arange(target) + 0.5) * scale
    distance = np.abs(np.arange(source) + 0.5 - centres[:, None]) / support
    weights = np.maximum(0.0, 1.0 - distance)
    normalised: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return normalised


def _resample(draft: GraphBuilder, tensor: str, shape: tuple[int, ...], size_hw: Hw) -> str:
    """(1, n, h, w) -> (1, n, *size_hw).

    Whole blocks are averaged first where it shrinks by two or more: less than half the time of the product alone.
    """
    (height, width), blocks = shape[2:], [max(old // new, 1) for old, new in zip(shape[2:], size_hw, strict=True)]
    if max(blocks) > 1:
        tensor = draft.op("AveragePool", tensor, kernel_shape=blocks, strides=blocks)
        height, width = height // blocks[0], width // blocks[1]
    wide = draft.op("MatMul", tensor, draft.constant(resampling(width, size_hw[1]).T))
    return draft.op("MatMul", draft.constant(resampling(height, size_hw[0])), wide)


def _finish(draft: GraphBuilder, cells: str, grid: Grid, count: int) -> None:
    """Peak out, gain in, and the cells (1, count, h, w) laid on the panel."""
    peak = draft.op("ReduceMax", cells, draft.ints(0, 2, 3), keepdims=0)
    draft.output(peak, "peak", FLOAT, (count,))
    draft.output(_panel(draft, _grey(draft, cells, count), grid, count), "picture", UINT8, grid.panel_hw)


def _grey(draft: GraphBuilder, cells: str, count: int) -> str:
    """Activations times gain, 0..1 -> uint8."""
    gain = draft.op("Reshape", draft.input("gain", FLOAT, (count,)), draft.ints(1, count, 1, 1))
    lit = draft.op("Clip", draft.op("Mul", cells, gain), draft.floats(0.0), draft.floats(1.0))
    rounded = draft.op("Add", draft.op("Mul", lit, draft.floats(255.0)), draft.floats(0.5))
    return draft.op("Cast", rounded, to=UINT8)


def _panel(draft: GraphBuilder, grey: str, grid: Grid, count: int) -> str:
    """uint8 (1, count, h, w) -> uint8 (panel_h, panel_w): tiles in reading order, gaps and margins black."""
    (height, width), gap = grid.cell_hw, grid.gap
    spare = grid.rows * grid.cols - count
    padded = draft.op("Pad", grey, draft.ints(0, 0, 0, 0, 0, spare, gap, gap))
    cells = draft.op("Reshape", padded, draft.ints(grid.rows, grid.cols, height + gap, width + gap))
    rows = draft.op("Transpose", cells, perm=[0, 2, 1, 3])
    whole_hw = (grid.rows * (height + gap), grid.cols * (width + gap))
    whole = draft.op("Reshape", rows, draft.ints(*whole_hw))
    before = [(panel - (size - gap)) // 2 for panel, size in zip(grid.panel_hw, whole_hw, strict=True)]
    after = [panel - size - first for panel, size, first in zip(grid.panel_hw, whole_hw, before, strict=True)]
    return draft.op("Pad", whole, draft.ints(*before, *after))


def _energy(draft: GraphBuilder, tensor: str) -> str:
    """How much each channel has to say: its mean activation, (C,)."""
    return draft.op("ReduceMean", tensor, draft.ints(0, 2, 3), keepdims=0)


def _mosaic(draft: GraphBuilder, head: MosaicHead, shape: tuple[int, ...]) -> None:
    tensor, count = head.layer, shape[1]
    if head.chosen:
        count = head.chosen
        draft.output(_energy(draft, tensor), "energy", FLOAT, (shape[1],))
        tensor = draft.op("Gather", tensor, draft.input("channels", INT64, (count,)), axis=1)
    _finish(draft, _resample(draft, tensor, shape, head.grid.cell_hw), head.grid, count)


def _story(draft: GraphBuilder, head: StoryHead, shapes: Mapping[str, tuple[int, ...]]) -> None:
    cols, count = head.grid.cols, head.grid.cols * len(head.layers)
    channels = draft.input("channels", INT64, (count,))
    energies, strips = [], []
    for row, layer in enumerate(head.layers):
        energies.append(_energy(draft, layer))
        picked = draft.op("Slice", channels, draft.ints(row * cols), draft.ints((row + 1) * cols))
        some = draft.op("Gather", layer, picked, axis=1)
        strips.append(_resample(draft, some, shapes[layer], head.grid.cell_hw))
    total = sum(shapes[layer][1] for layer in head.layers)
    draft.output(draft.op("Concat", *energies, axis=0), "energy", FLOAT, (total,))
    _finish(draft, draft.op("Concat", *strips, axis=1), head.grid, count)
