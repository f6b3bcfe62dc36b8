"""A story in cards: the picture, every layer from first to last, and the predictions.

The camera moves into a tile of a layer, where the tiles of the next layer appear.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.spec import Hw, LayerInfo, ModelInfo, Prediction
from realtime.imaging.colormaps import apply_colormap
from realtime.imaging.compositing import BACKGROUND, Rect, background, blend, centred, fitted, frame_line, paste, resize
from realtime.imaging.drawing import (
    draw_marks,
    draw_predictions,
    fitting,
    network_label,
    predictions_height,
    write_fitting,
)
from realtime.imaging.frame import Image, hw
from realtime.imaging.text import ACCENT, ALARM, BRIGHT, FAINT, LIGHT, QUIET, Colour, text_width, write
from realtime.inference.predictions import is_sure
from realtime.sheets.camera_move import look, move_into, tile_to_enter
from realtime.sheets.picture_activations import LayerTiles
from realtime.views.stages import stage_caption
from realtime.views.tiles import TileSettings

SURE_TEXT = ("predictions", "The most likely classes and their probabilities.")
UNSURE_TEXT = ("not sure", "No class is likely enough to be named.")

FADE, MOVE = 0.48, 1.2  # seconds in which a card fades into the next, or in which the camera moves to it
FEW = 4  # the largest number of channels whose numbers are written

COLORMAP, CONTRAST = "ember", TileSettings().contrast  # one for all layers: a GIF has few colours


@dataclass(frozen=True, slots=True)
class Shot:
    """A canvas, and the seconds that it is shown."""

    image: Image
    seconds: float


@dataclass(frozen=True, slots=True)
class Card:
    """A canvas with text, the grey tiles of its panel, the place of the picture, and the seconds that all is shown.

    `tile` is where the camera moves in; a card without tiles has none.
    """

    text: Image
    grey: NDArray[np.uint8]
    picture: Rect
    seconds: float
    tile: Rect | None = None


class Storyboard:
    """The layout of a canvas: tiles above, and below them the small picture beside the text."""

    def __init__(self, canvas_hw: Hw, image: Image, info: ModelInfo, layers: Sequence[LayerInfo]) -> None:
        height, width = canvas_hw
        self._canvas_hw, self._image, self._info = canvas_hw, image, info
        self._marks = info.key_layers if set(layers) <= set(info.key_layers) else info.layers
        self._edge = edge = max(round(height * 0.035), 4)
        band = round(height * 0.285)
        self.panel = Rect(edge, edge, width - 2 * edge, height - band - 3 * edge)
        image_hw = hw(image)
        small_h, small_w = fitted(image_hw, (band, round(width * 0.24)))
        self._small = Rect(edge, height - edge - small_h, small_w, small_h)
        self._large = centred(image_hw, self.panel)
        left = 2 * edge + small_w + edge // 2
        self._box = Rect(left, height - edge - band, width - left - edge, band)

    def opening(self, seconds: float) -> Card:
        """The card of the large picture."""
        canvas = self._with_text(
            "input", "The picture that enters the network.", *network_label(self._info), current=None
        )
        return Card(canvas, self._dark(), self._large, seconds)

    def layer(self, tiles: LayerTiles, seconds: float) -> Card:
        """The card of a layer."""
        title, sentence = stage_caption(tiles.layer, self._info)
        few = f" · {', '.join(map(str, tiles.channels))}" if len(tiles.channels) <= FEW else ""
        canvas = self._with_text(title, sentence, tiles.layer.name + few, BRIGHT, current=tiles.layer)
        tile = tile_to_enter(tiles.grey, tiles.grid, len(tiles.channels))
        return Card(canvas, tiles.grey, self._small, seconds, tile)

    def ending(self, predictions: Sequence[Prediction], seconds: float) -> Card:
        """The card of the predictions that are likely enough, beside the picture."""
        predictions = [each for each in predictions if is_sure([each])]
        title, sentence = SURE_TEXT if predictions else UNSURE_TEXT
        canvas = self._with_text(title, sentence, *network_label(self._info), current=self._marks[-1])
        half = self.panel._replace(width=round(self.panel.width * 0.42))
        picture = centred(hw(self._image), half)
        left = picture.left + picture.width + 2 * self._edge
        room = self.panel.left + self.panel.width - left
        size = max(min(round(room / 13), round(self.panel.height / 8)), 9)
        tall = predictions_height(len(predictions), size)
        place = Rect(left, self.panel.top + max(self.panel.height - tall, 0) // 2, room, tall)
        draw_predictions(canvas, place, predictions, size=size)
        return Card(canvas, self._dark(), picture, seconds)

    def play(self, cards: Iterable[Card], *, step: float) -> Iterator[Shot]:
        """The shots of all cards: a card comes in with one shot per `step` seconds, and is then one long shot."""
        before: Card | None = None
        for card in cards:
            longest = FADE if card.tile is None else MOVE
            fades = 0 if before is None else round(min(longest, card.seconds / 2) / step)
            for number in range(1, fades + 1):
                yield Shot(self._draw(_between(before or card, card, number / (fades + 1))), step)
            yield Shot(self._draw(card), card.seconds - fades * step)
            before = card

    def _dark(self) -> NDArray[np.uint8]:
        return np.zeros(self.panel.hw, np.uint8)

    def _draw(self, card: Card) -> Image:
        canvas, (left, top, width, height) = card.text.copy(), self.panel
        tiles = apply_colormap(card.grey, COLORMAP, CONTRAST)
        panel = canvas[top : top + height, left : left + width]
        np.maximum(panel, tiles, out=panel)
        frame_line(canvas, card.picture, FAINT)
        paste(canvas, resize(self._image, card.picture.hw), card.picture.left, card.picture.top)
        return canvas

    def _with_text(
        self, title: str, sentence: str, name: str, name_colour: Colour, *, current: LayerInfo | None
    ) -> Image:
        """A canvas with the text and the marks of a card."""
        canvas, (left, top, width, height) = background(self._canvas_hw), self._box
        size = fitting(title, round(width * 0.5), size=round(height * 0.46), weight=LIGHT)
        baseline = top + round(height * 0.44)
        write(canvas, title, left, baseline, size, BRIGHT, LIGHT)
        used = text_width(title, size, LIGHT) + size // 2
        place = Rect(left + used, top, width - used, round(height * 0.44))
        write_fitting(canvas, name, place, size=round(height * 0.25), colour=name_colour, right=True)
        line = Rect(left, top, width, round(height * 0.76))
        write_fitting(canvas, sentence, line, size=round(height * 0.215), colour=QUIET)
        thick = max(round(height * 0.07), 2)
        draw_marks(canvas, Rect(left, top + height - thick, width, thick), self._marks, current)
        return canvas


def story_colours() -> NDArray[np.uint8]:
    """The colours of every story except those of its picture, BGR (n, 3): the colormap, and text on the background."""
    greys = np.linspace(0, 255, 72).astype(np.uint8)[None]
    inks = np.array([ALARM, ACCENT, QUIET, FAINT], np.float64)
    shares = np.linspace(0.25, 1.0, 4)[:, None, None]
    edges = (np.array(BACKGROUND) * (1 - shares) + inks * shares).reshape(-1, 3)
    bright = np.linspace(BACKGROUND, BRIGHT, 10)
    return np.concatenate([apply_colormap(greys, COLORMAP, CONTRAST)[0], bright.round(), edges.round()]).astype(
        np.uint8
    )


def _between(old: Card, new: Card, weight: float) -> Card:
    """A card between two others: what moves begins and ends slowly, and grey tiles fade before they are coloured.

    Every colour of a fade is then one of the colormap, so that a GIF needs few colours.
    """
    eased = weight * weight * (3.0 - 2.0 * weight)
    places = (round(a + (b - a) * eased) for a, b in zip(old.picture, new.picture, strict=True))
    return Card(_text_between(old.text, new.text, weight), _grey_between(old, new, eased), Rect(*places), new.seconds)


def _grey_between(old: Card, new: Card, weight: float) -> NDArray[np.uint8]:
    """Into a tile of the old card; out of a tile of the first layer, which resembles the picture; or a fade."""
    if new.tile is None:
        return cv2.convertScaleAbs(old.grey, alpha=1.0 - weight)  # type: ignore[return-value]
    if old.tile is None:
        return cv2.convertScaleAbs(look(new.grey, new.tile, 1.0 - weight), alpha=weight)  # type: ignore[return-value]
    return move_into(old.grey, old.tile, new.grey, weight)


def _text_between(old: Image, new: Image, weight: float) -> Image:
    """The old text fades out before the new one fades in; text that both canvases share stays."""
    text, strength = (old, 1.0 - 2.0 * weight) if weight < 0.5 else (new, 2.0 * weight - 1.0)
    faded = blend(background(hw(text)), text, strength)
    same = (old == new).all(axis=-1).astype(np.uint8)
    shared = cv2.erode(same, np.ones((9, 9), np.uint8)).astype(np.bool_)  # not where two texts overlap by chance
    return np.where(shared[..., None], old, faded)
