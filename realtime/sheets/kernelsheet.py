"""A sheet of kernels: a heading, the kernels, and a legend of their colours."""

import numpy as np

from models.graph.kernels import Kernels
from models.spec import Hw, ModelInfo
from realtime.imaging.compositing import BACKGROUND, Rect, background, paste
from realtime.imaging.drawing import network_label, write_fitting
from realtime.imaging.frame import Image
from realtime.imaging.text import BRIGHT, QUIET, text_width, write
from realtime.sheets.kernel_answers import beside_answers
from realtime.sheets.kernels import Cells, cells, diverging, grid_image

SHAPE = 9 / 16  # height to width of a slide, the target of a sheet

SMALLEST_SLICE, SMALLEST_POINT = 1 / 42, 1 / 128
"""The smallest side of a kernel, and of one that is a single weight, as a share of the width of the sheet."""

RANGE = "Each kernel on its own scale."
SIGNS = "Each square is what a kernel adds (orange) or takes away (blue) for one channel of the layer before."


def draw_kernels(kernels: Kernels, info: ModelInfo, width: int) -> Image:
    """Draw the kernels of a layer on a sheet `width` pixels wide."""
    text, edge = max(round(width / 62), 13), max(round(width / 60), 8)
    head = round(text * 2.4)
    room_hw = (round(width * SHAPE) - head - round(text * 2.2) - edge, width - 2 * edge)
    kernel_hw: Hw = (kernels.weights.shape[2], kernels.weights.shape[3])
    point = kernel_hw == (1, 1)
    smallest, gap = (width * SMALLEST_POINT, width // 640) if point else (width * SMALLEST_SLICE, width // 320)
    scale = max(round(smallest / max(kernel_hw)), 1)
    most = [max((room + gap) // (side * scale + gap), 1) for room, side in zip(room_hw, kernel_hw, strict=True)]
    drawn = cells(kernels, info.input.colours, (most[0], most[1]), shape=room_hw[0] / room_hw[1])
    if kernels.first and not drawn.signed:
        drawn = beside_answers(drawn, kernels, info.input.colours, room_hw, gap)
    panel = _enlarged(drawn, room_hw, gap)
    canvas = background((edge + head + panel.shape[0] + round(text * 2.2), width))
    _draw_heading(canvas, kernels, drawn, Rect(edge, edge, width - 2 * edge, text))
    paste(canvas, panel, (width - panel.shape[1]) // 2, edge + head)
    foot = Rect(edge, canvas.shape[0] - edge // 2 - text, width - 2 * edge, round(text * 0.8))
    _draw_legend(canvas, drawn, info, foot)
    return canvas


def _enlarged(drawn: Cells, room_hw: Hw, gap: int) -> Image:
    """The cells as large as the room allows, with a whole number of pixels per weight."""
    count, height, width, _ = drawn.pictures.shape
    rows = -(-count // drawn.cols)
    sides = ((room_hw[0], rows, height), (room_hw[1], drawn.cols, width))
    scale = max(min(((room + gap) // number - gap) // side for room, number, side in sides), 1)
    return grid_image(drawn.pictures, drawn.cols, scale, gap, BACKGROUND)


def _draw_heading(canvas: Image, kernels: Kernels, drawn: Cells, box: Rect) -> None:
    """The name of the layer, and a description of its kernels."""
    baseline, size = box.top + box.height, round(box.height * 1.3)
    used = write(canvas, kernels.layer.name, box.left, baseline, size, BRIGHT) + size
    place = Rect(box.left + used, box.top, max(box.width - used, 1), box.height)
    write_fitting(canvas, drawn.description, place, size=box.height, colour=QUIET, right=True)


def _draw_legend(canvas: Image, drawn: Cells, info: ModelInfo, box: Rect) -> None:
    """The meaning of the colours, and the name of the network."""
    name, shade = network_label(info)
    size, left = box.height, box.left
    if drawn.signed:
        bar = diverging(np.linspace(-1.0, 1.0, 6 * size)[None].repeat(round(size * 0.7), axis=0))
        paste(canvas, bar, left, box.top + box.height - bar.shape[0])
        left += bar.shape[1] + size // 2
    own = text_width(name, size)
    text = SIGNS if drawn.signed else drawn.note or RANGE
    place = Rect(left, box.top, max(box.width - (left - box.left) - own - size, 1), box.height)
    write_fitting(canvas, text, place, size=size, colour=QUIET)
    write_fitting(canvas, name, Rect(box.left, box.top, box.width, box.height), size=size, colour=shade, right=True)
