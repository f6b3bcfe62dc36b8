"""Text on the canvas: captions that can be read from the last row, predictions, and error cards."""

import dataclasses
from collections.abc import Sequence

from models.spec import ModelInfo, Prediction
from realtime.canvas.layout import Layout, margin, status_height
from realtime.imaging.compositing import Rect, shade
from realtime.imaging.drawing import draw_marks, draw_predictions, predictions_height, write_fitting
from realtime.imaging.frame import Image
from realtime.imaging.text import ALARM, BRIGHT, LIGHT, QUIET, text_width, wrap, write
from realtime.views.stages import stage_caption
from realtime.views.view import Rendered


def caption_text(rendered: Rendered) -> tuple[str, str] | None:
    """The title and the sentence of the caption; None for no caption."""
    if rendered.caption is None and rendered.layer is not None:
        return stage_caption(rendered.layer)
    return rendered.caption


def draw_caption(canvas: Image, layout: Layout, info: ModelInfo, rendered: Rendered) -> None:
    """Draw the caption into its rectangle of the canvas."""
    caption = caption_text(rendered)
    if layout.caption is None or caption is None:
        return
    title, sentence = caption
    box, size = layout.caption, _fitting(title, layout.caption)
    if layout.over:
        box = _shaded(canvas, box, size)
    baseline = box.top + round(size * 1.05)
    write(canvas, title, box.left, baseline, size, BRIGHT, LIGHT)
    body = max(size // 3, 11)
    baseline += size // 4
    for line in wrap(sentence, body, box.width):
        baseline += round(body * 1.45)
        if baseline > box.top + box.height:
            return
        write(canvas, line, box.left, baseline, body, QUIET)
    if not layout.over:
        _draw_place(canvas, box, baseline + round(body * 2.2), body, info, rendered)


def _fitting(title: str, box: Rect) -> int:
    """The largest text size at which the title fits its box."""
    size = min(round(box.height * 0.34), round(box.width * 0.19))
    return max(min(size, round(size * box.width / text_width(title, max(size, 8), LIGHT))), 8)


def _shaded(canvas: Image, box: Rect, size: int) -> Rect:
    """Darken the background of a caption that covers the view; the rectangle for its text."""
    shade(canvas, box, strength=0.78)
    pad = size // 3
    return Rect(box.left + pad, box.top + pad // 3, box.width - 2 * pad, box.height - pad // 2)


def _draw_place(canvas: Image, box: Rect, baseline: int, size: int, info: ModelInfo, rendered: Rendered) -> None:
    """Draw the name of the layer, and its position in the network as a row of marks."""
    layer, tiles = rendered.layer, rendered.tiles
    if layer is None or baseline + 2 * size > box.top + box.height:
        return
    alone = f" · channel {tiles.channels[0]}" if tiles is not None and len(tiles.channels) == 1 else ""
    line = Rect(box.left, baseline - size, box.width, size)
    write_fitting(canvas, layer.name + alone, line, size=size, colour=BRIGHT)
    marks = Rect(box.left, baseline + round(size * 0.9), box.width, max(size // 4, 2))
    draw_marks(canvas, marks, info.key_layers, layer)


def draw_prediction_panel(canvas: Image, layout: Layout, predictions: Sequence[Prediction]) -> Layout:
    """Draw the predictions with their probabilities as bars; the layout without their rectangle."""
    size = max(canvas.shape[0] // 42, 10)
    box = _prediction_rect(canvas, layout, predictions_height(len(predictions), size), size)
    if layout.camera is None or layout.over:
        around = Rect(box.left - size, box.top - size // 2, box.width + 2 * size, box.height + size)
        shade(canvas, around, strength=0.78)
    draw_predictions(canvas, box, predictions, size=size)
    if layout.caption is None or layout.over:
        return layout
    left = max(layout.caption.height - box.height - size // 2, 1)
    return dataclasses.replace(layout, caption=layout.caption._replace(height=left))


def _prediction_rect(canvas: Image, layout: Layout, tall: int, pad: int) -> Rect:
    """Below the caption in its column; above a caption that covers the view; else in the lower right corner.

    What lies on the view is darkened `pad` pixels around.
    """
    height, width = canvas.shape[:2]
    edge, place = margin((height, width)), layout.caption
    if place is None:
        wide = min(round(width * 0.28), width - 2 * edge)
        return Rect(width - edge - wide, height - status_height((height, width)) - edge - tall, wide, tall)
    if layout.over:
        return Rect(place.left + pad, place.top - tall - edge, place.width - 2 * pad, tall)
    return Rect(place.left, place.top + place.height - tall, place.width, tall)


def draw_card(image: Image, title: str, text: str) -> None:
    """Draw a dark card with a title and a few lines in the middle of `image`."""
    height, width = image.shape[:2]
    size = max(height // 26, 11)
    lines = wrap(text, size, round(width * 0.7))[:8]
    box_h = round(size * (3.4 + 1.4 * len(lines)))
    box = Rect(round(width * 0.12), (height - box_h) // 2, round(width * 0.76), box_h)
    shade(image, box, strength=0.88)
    write(image, title, box.left + size, box.top + 2 * size, round(size * 1.3), ALARM)
    for number, line in enumerate(lines):
        write(image, line, box.left + size, box.top + round(size * (3.6 + 1.4 * number)), size, BRIGHT)
