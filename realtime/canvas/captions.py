"""Text on the canvas: captions that can be read from the last row, predictions, and error cards."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from models.spec import LayerInfo, ModelInfo, Prediction
from realtime.canvas.layout import Layout, margin, status_height
from realtime.imaging.compositing import Rect, blend, darken, shade
from realtime.imaging.drawing import draw_marks, draw_predictions, predictions_height, write_fitting
from realtime.imaging.frame import Image
from realtime.imaging.kept_drawing import KeptDrawing
from realtime.imaging.text import ALARM, BRIGHT, LIGHT, QUIET, text_width, wrap, write
from realtime.inference.predictions import NOT_SURE, SURE, is_sure
from realtime.views.stages import stage_caption
from realtime.views.view import Rendered

TITLE_LINES = 2
BODY = 0.6  # of the size of the title: the size of all other words of the show


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a caption; `place` names the layer, and the channel where only one is shown."""

    title: str
    sentence: str
    layer: LayerInfo | None = None
    place: str = ""


def caption_words(rendered: Rendered, info: ModelInfo) -> Words | None:
    """The caption of what a view has drawn; None for no caption."""
    layer, tiles = rendered.layer, rendered.tiles
    caption = rendered.caption or (stage_caption(layer, info) if layer is not None else None)
    if caption is None:
        return None
    alone = f" · channel {tiles.channels[0]}" if tiles is not None and len(tiles.channels) == 1 else ""
    return Words(*caption, layer, layer.name + alone if layer is not None else "")


class CaptionFade:
    """Fades the old words out and then the new ones in; a new sentence under the same title is shown at once."""

    def __init__(self) -> None:
        self._shown: Words | None = None
        self._opacity = 1.0
        self._drawn = 0.0

    def update(self, words: Words | None, now: float, *, seconds: float) -> tuple[Words | None, float]:
        """The words to show at the time `now`, and how opaque they are, 0 to 1; a change takes `seconds`."""
        step = 2 * max(now - self._drawn, 0.0) / seconds if seconds > 0 else 2.0
        self._drawn = now
        if self._shown is not None and _subject(words) != _subject(self._shown):
            left = self._opacity - step
            if left > 1e-6:
                self._opacity = left
                return self._shown, left
            self._opacity, step = 0.0, -left
            self._shown = words
        elif self._shown is None:
            self._opacity = 1.0
        self._shown = words
        self._opacity = min(self._opacity + step, 1.0)
        return words, self._opacity


def _subject(words: Words | None) -> tuple[str, str]:
    return (words.title, words.place) if words else ("", "")


def draw_caption(
    canvas: Image,
    layout: Layout,
    info: ModelInfo,
    words: Words | None,
    opacity: float = 1.0,
    kept: KeptDrawing | None = None,
) -> None:
    """Draw the caption into its rectangle of the canvas; `kept` is the last one of a show."""
    if layout.caption is None or words is None:
        return
    if layout.over:
        darken(_above_status(canvas, layout), layout.caption, fade=2 * layout.title)
    if opacity >= 1:
        draw = partial(_draw_words, canvas, layout, layout.caption, info, words)
        if kept is None or layout.over:
            draw()
        else:
            kept.draw(_around(canvas, layout.caption), (layout, info.name, words), draw)
        return
    with_words = canvas.copy()
    _draw_words(with_words, layout, layout.caption, info, words)
    canvas[:] = blend(canvas, with_words, opacity)


def _around(canvas: Image, box: Rect) -> Image:
    """A box of the canvas with half of the border around it, into which letters may reach."""
    reach = margin((canvas.shape[0], canvas.shape[1])) // 2
    rows = slice(max(box.top - reach, 0), box.top + box.height + reach)
    return canvas[rows, max(box.left - reach, 0) : box.left + box.width + reach]


def _above_status(canvas: Image, layout: Layout) -> Image:
    """The part of the canvas down to the end of the view."""
    return canvas[: layout.view.top + layout.view.height]


def _draw_words(canvas: Image, layout: Layout, box: Rect, info: ModelInfo, words: Words) -> None:
    """The title, the sentence, and the place in the network where there is room."""
    baseline, size = box.top - round(layout.title * 0.1), layout.title
    for line in _title_lines(words.title, size, box.width):
        baseline += round(size * 1.08)
        fitting = min(size, max(round(size * box.width / max(text_width(line, size, LIGHT), 1)), 8))
        write(canvas, line, box.left, baseline, fitting, BRIGHT, LIGHT)
    body = max(round(size * BODY), 11)
    baseline += round(size * 0.16)
    for line in wrap(words.sentence, body, box.width):
        baseline += round(body * 1.25)
        if baseline > box.top + box.height:
            return
        write(canvas, line, box.left, baseline, body, BRIGHT if layout.over else QUIET)
    if not layout.over:
        _draw_place(canvas, box, baseline + round(body * 1.9), body, info, words)


def _title_lines(title: str, size: int, width: int) -> list[str]:
    """The title on as many lines as it needs, at most TITLE_LINES."""
    lines = wrap(title, round(size * 0.95), width)
    return [*lines[: TITLE_LINES - 1], " ".join(lines[TITLE_LINES - 1 :])] if len(lines) >= TITLE_LINES else lines


def _draw_place(canvas: Image, box: Rect, baseline: int, size: int, info: ModelInfo, words: Words) -> None:
    """Draw the name of the layer, and its position in the network as a row of marks."""
    if words.layer is None or baseline + round(0.6 * size) > box.top + box.height:
        return
    line = Rect(box.left, baseline - size, min(box.width, 16 * size), size)
    write_fitting(canvas, words.place, line, size=round(size * 0.8), colour=BRIGHT)
    marks = Rect(box.left, baseline + round(size * 0.4), line.width, max(size // 5, 3))
    draw_marks(canvas, marks, info.key_layers, words.layer)
    below = line._replace(top=marks.top + marks.height + round(size * 0.4))
    if below.top + below.height <= box.top + box.height:
        write_fitting(canvas, _position(info, words.layer), below, size=round(size * 0.7), colour=QUIET)


def _position(info: ModelInfo, layer: LayerInfo) -> str:
    """The name of the network, and which of its key layers this one is."""
    layers = info.key_layers
    return f"{info.name} · {layers.index(layer) + 1} of {len(layers)}" if layer in layers else info.name


def draw_prediction_panel(
    canvas: Image, layout: Layout, predictions: Sequence[Prediction], threshold: float = SURE
) -> Layout:
    """Draw the predictions with their probabilities as bars; the layout without their rectangle.

    Where the best one is below the threshold, or no name, that is said in their place.
    """
    size, sure = max(min(canvas.shape[:2]) // 28, 10), is_sure(predictions, threshold)
    box = _prediction_rect(canvas, layout, predictions_height(len(predictions) if sure else 1, size), size)
    if layout.camera is None or layout.over:
        darken(_above_status(canvas, layout), box, fade=2 * size)
    if sure:
        draw_predictions(canvas, box, predictions, size=size)
    else:
        write_fitting(canvas, NOT_SURE, box._replace(height=size), size=size, colour=QUIET)
    if layout.caption is None or layout.over:
        return layout
    place = layout.caption
    if box.width < place.width:
        rest = place._replace(width=max(place.width - box.width - 2 * size, 1))
    else:
        rest = place._replace(height=max(place.height - box.height - size // 2, 1))
    return dataclasses.replace(layout, caption=rest)


def _prediction_rect(canvas: Image, layout: Layout, tall: int, pad: int) -> Rect:
    """Below the caption or at its right; above one that covers the view; without one in the lower right corner."""
    height, width = canvas.shape[:2]
    edge, place = margin((height, width)), layout.caption
    if place is None:
        wide = min(round(width * 0.28), width - 2 * edge)
        return Rect(width - edge - wide, height - status_height((height, width)) - edge - tall, wide, tall)
    if layout.over:
        wide = min(round(width * 0.28), place.width)
        return Rect(place.left, max(place.top - tall - edge - pad, edge), wide, tall)
    wide = round(place.width * 0.36) if place.width > 2 * place.height else place.width
    return Rect(place.left + place.width - wide, place.top + place.height - tall, wide, tall)


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
