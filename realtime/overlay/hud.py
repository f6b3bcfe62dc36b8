"""What is drawn over the canvas in the window, and never recorded: status line and cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2

from models.spec import Hw, ModelInfo
from realtime.canvas.composer import Canvas
from realtime.canvas.layout import status_height
from realtime.imaging.compositing import Rect, centred, shade
from realtime.imaging.frame import Image
from realtime.imaging.text import ACCENT, ALARM, BRIGHT, LIGHT, QUIET, Colour, shortened, text_width, wrap, write


@dataclass(frozen=True, slots=True)
class Status:
    """The texts at the right of the status line, and a card and a fault above it; empty ones are left out.

    `answer` is that to the last key or click, which is always said, and `waiting` all that visitors are told.
    """

    network: str = ""
    untrained: bool = False
    provider: str = ""
    rates: str = ""
    latency: str = ""
    recording: str = ""
    answer: str = ""
    notice: str = ""
    card: str = ""
    alarm: str = ""
    waiting: str = ""

    def parts(self, *, without: Sequence[str] = ()) -> list[tuple[str, Colour]]:
        """The texts that are not empty, from left to right, with their colours."""
        texts = {
            "recording": (self.recording, ALARM),
            "answer": (self.answer, ACCENT),
            "notice": (self.notice, ACCENT),
            "network": (self.network, QUIET),
            "untrained": ("UNTRAINED" if self.untrained else "", ALARM),
            "provider": (self.provider, QUIET),
            "rates": (self.rates, QUIET),
            "latency": (self.latency, QUIET),
        }
        return [(text, colour) for name, (text, colour) in texts.items() if text and name not in without]


LEAST_IMPORTANT = ("latency", "rates", "provider", "network", "notice")
"""What is left out in a narrow window, least important first."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The position of the canvas in the window: canvas pixels times `scale`, plus the offset."""

    scale: float
    left: int
    top: int

    @classmethod
    def of(cls, canvas_hw: Hw, window_hw: Hw) -> Placement:
        """The placement that Window.fit uses."""
        place = centred(canvas_hw, Rect(0, 0, window_hw[1], window_hw[0]))
        return cls(place.width / canvas_hw[1], place.left, place.top)

    def to_window(self, rect: Rect) -> Rect:
        """Convert a rectangle from canvas to window pixels."""
        left, top = self.left + rect.left * self.scale, self.top + rect.top * self.scale
        return Rect(round(left), round(top), round(rect.width * self.scale), round(rect.height * self.scale))

    def to_canvas(self, x: float, y: float) -> tuple[float, float]:
        """Convert a point from window to canvas pixels."""
        return (x - self.left) / self.scale, (y - self.top) / self.scale


def describe(canvas: Canvas, info: ModelInfo) -> str:
    """The text at the left: view, layer, its position in the network, channels, size of the feature maps."""
    if canvas.layer is None:
        return canvas.view
    layer, key_layers = canvas.layer, info.key_layers
    place = f" · layer {key_layers.index(layer) + 1} of {len(key_layers)}" if layer in key_layers else ""
    channels = f"{layer.channels} channels"
    if canvas.tiles is not None and canvas.tiles.selected is not None:
        channels = f"channel {canvas.tiles.channels[canvas.tiles.selected]} of {layer.channels}"
    height, width = (side // layer.stride for side in canvas.input_hw)
    return f"{canvas.view} · {layer.name}{place} · {channels} · {width}×{height}"


def draw_status(image: Image, left_text: str, status: Status) -> None:
    """Draw the status line at the very bottom: what is shown at the left, how the show runs at the right."""
    height, width = image.shape[:2]
    strip = status_height((height, width))
    size = max(round(strip * 0.27), 9)
    baseline, edge = height - round(strip * 0.16), max(round(strip * 0.42), 4)
    status = replace(status, answer=shortened(status.answer, size, width - 2 * edge))
    if status.answer:
        needed = _width(status.parts(without=LEAST_IMPORTANT), size, edge)
        left_text = shortened(left_text, size, max(width - 2 * edge - needed, 0))
    shade(image, Rect(0, height - strip // 2, width, strip // 2), strength=0.82)
    left_end = edge + write(image, left_text, edge, baseline, size, BRIGHT)
    parts, right = _fitting(status, size, edge, width - edge - left_end), width - edge
    for text, colour in reversed(parts):
        right -= text_width(text, size)
        write(image, text, right, baseline, size, colour)
        right -= edge
    if status.alarm:
        _draw_alarm(image, status.alarm, height - strip)


def draw_card(image: Image, text: str) -> None:
    """Draw a card above the status line: the first sentence large, the others below it."""
    height, width = image.shape[:2]
    title, _, rest = text.partition(". ")
    size = max(round(min(height, width) / 22), 13)
    room = width - 5 * size
    heading, lines = wrap(title, size, room), wrap(rest, round(size * 0.6), room)
    box_w = max(*(text_width(line, size) for line in heading), *(text_width(line, round(size * 0.6)) for line in lines))
    box_w, box_h = box_w + 3 * size, round(size * (1.5 + 1.3 * len(heading) + 0.9 * len(lines)))
    left, top = (width - box_w) // 2, height - status_height((height, width)) - box_h - size
    shade(image, Rect(left, top, box_w, box_h), strength=0.9)
    baseline = top + round(size * 0.55)
    for line in heading:
        baseline += round(size * 1.3)
        write(image, line, left + round(1.5 * size), baseline, size, BRIGHT, LIGHT)
    for line in lines:
        baseline += round(size * 0.9)
        write(image, line, left + round(1.5 * size), baseline, round(size * 0.6), QUIET)


def draw_waiting(image: Image, text: str) -> None:
    """Draw in grey, small, that the picture is missing: what visitors of a show are told."""
    height, width = image.shape[:2]
    size = max(height // 40, 11)
    text = shortened(text, size, width - 4 * size)
    box_w, box_h = text_width(text, size) + 2 * size, round(size * 2.2)
    left, top = (width - box_w) // 2, round(height * 0.8)
    shade(image, Rect(left, top, box_w, box_h), strength=0.8)
    write(image, text, left + size, top + round(size * 1.45), size, QUIET)


def draw_recording(image: Image) -> None:
    """Draw a dot in place of the status line while a recording runs."""
    height, width = image.shape[:2]
    strip = status_height((height, width))
    middle = (width - round(strip * 0.5), height - round(strip * 0.5))
    cv2.circle(image, middle, max(round(strip * 0.16), 3), ALARM, cv2.FILLED, cv2.LINE_AA)


def _fitting(status: Status, size: int, gap: int, room: int) -> list[tuple[str, Colour]]:
    """The texts that fit into `room` pixels, without the least important."""
    for omitted in range(len(LEAST_IMPORTANT) + 1):
        parts = status.parts(without=LEAST_IMPORTANT[:omitted])
        if _width(parts, size, gap) <= room:
            return parts
    return parts if status.answer else []


def _width(parts: Sequence[tuple[str, Colour]], size: int, gap: int) -> int:
    return sum(text_width(text, size) + gap for text, _ in parts)


def _draw_alarm(image: Image, text: str, bottom: int) -> None:
    """Draw a fault above the status line, in as many lines as it needs."""
    size = max(image.shape[0] // 34, 12)
    lines = wrap(text, size, image.shape[1] - 3 * size)
    box_w = max(text_width(line, size) for line in lines) + 2 * size
    box_h = round(size * (0.8 + 1.3 * len(lines)))
    left, top = max((image.shape[1] - box_w) // 2, 0), bottom - box_h - size // 2
    shade(image, Rect(left, top, box_w, box_h), strength=0.85)
    for number, line in enumerate(lines):
        write(image, line, left + size, top + round(size * (1.3 + 1.3 * number)), size, ALARM)


def draw_cursor(image: Image, canvas: Canvas, placement: Placement) -> None:
    """Draw a frame around the selected tile."""
    tiles = canvas.tiles
    if tiles is None or tiles.selected is None or len(tiles.channels) == 1:
        return
    (left, top), (height, width) = tiles.grid.corner(tiles.selected), tiles.grid.cell_hw
    rect = Rect(canvas.panel.left + left, canvas.panel.top + top, width, height)
    box = placement.to_window(rect)
    right, bottom = box.left + box.width, box.top + box.height
    cv2.rectangle(image, (box.left - 2, box.top - 2), (right + 1, bottom + 1), ACCENT, 2)
