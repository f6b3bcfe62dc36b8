"""The positions of camera, view and caption on a canvas."""

from dataclasses import dataclass

from models.spec import Hw
from realtime.imaging.compositing import Rect, fitted

UPRIGHT, WIDE = 1.25, 2.4  # canvases with a smaller ratio of width to height, or a larger one, have their own layout


@dataclass(frozen=True, slots=True)
class Layout:
    """Rectangles in pixels; camera and caption may be absent. `over` means that they lie on top of the view.

    `title` is the text size of every caption.
    """

    view: Rect
    camera: Rect | None = None
    caption: Rect | None = None
    over: bool = False
    title: int = 8


def status_height(canvas_hw: Hw) -> int:
    """Height of the status line and of the line of keys above it, in pixels."""
    return max(round(min(canvas_hw) * 0.078), 24)


def margin(canvas_hw: Hw) -> int:
    """Width of the border around everything, in pixels."""
    return max(round(min(canvas_hw) / 30), 4)


def arrange(name: str, canvas_hw: Hw, camera_hw: Hw, *, status: bool = True, is_picture: bool = False) -> Layout:
    """The layout "side", "inset" or "full"; with `status`, the bottom of the canvas is left to the status line.

    Only a view that `is_picture` is covered by the inset; on a wide or upright canvas it is as large as the camera.
    """
    room_hw = canvas_hw[0] - status_height(canvas_hw) * status, canvas_hw[1]
    if name == "full":
        return Layout(Rect(0, 0, room_hw[1], room_hw[0]))
    if name == "inset":
        return (_inset if is_picture else _strip)(room_hw, canvas_hw, camera_hw)
    upright = canvas_hw[1] < 0.8 * canvas_hw[0]
    if is_picture and (upright or _is_wide(canvas_hw)):
        return (_pair_in_a_row if _is_wide(canvas_hw) else _pair)(room_hw, canvas_hw, camera_hw)
    return (_upright if canvas_hw[1] < UPRIGHT * canvas_hw[0] else _side)(room_hw, canvas_hw, camera_hw)


def _column(canvas_hw: Hw) -> int:
    """The width of camera and caption beside the view."""
    return round(canvas_hw[1] * (0.16 if _is_wide(canvas_hw) else 0.225))


def _is_wide(canvas_hw: Hw) -> bool:
    return canvas_hw[1] > WIDE * canvas_hw[0]


def _title(canvas_hw: Hw) -> int:
    """The text size of the titles of every layout of a canvas."""
    height, width = canvas_hw
    if _is_wide(canvas_hw):
        return max(round(height * 0.1), 8)
    return max(round(width * (0.056 if width < UPRIGHT * height else 0.037)), 8)


def _side(room_hw: Hw, canvas_hw: Hw, camera_hw: Hw) -> Layout:
    """Camera and caption in a column at the left, the view at the right."""
    (bottom, width), edge, column = room_hw, margin(canvas_hw), _column(canvas_hw)
    camera_h, camera_w = fitted(camera_hw, (round(bottom * 0.42), column))
    left, below = 2 * edge + column, 2 * edge + camera_h
    caption = Rect(edge, below, column, max(bottom - below - edge, 1))
    view = Rect(left, edge, max(width - left - edge, 16), max(bottom - 2 * edge, 16))
    return Layout(view, Rect(edge, edge, camera_w, camera_h), caption, title=_title(canvas_hw))


def _upright(room_hw: Hw, canvas_hw: Hw, camera_hw: Hw) -> Layout:
    """For a canvas that is about square or upright: camera and caption in a row at the top, the view below."""
    (bottom, width), edge = room_hw, margin(canvas_hw)
    camera_h, camera_w = fitted(camera_hw, (round(min(bottom * 0.25, width * 0.24)), round(width * 0.45)))
    caption = Rect(2 * edge + camera_w, edge, max(width - camera_w - 3 * edge, 16), camera_h)
    below = 2 * edge + camera_h
    view = Rect(edge, below, width - 2 * edge, max(bottom - below - edge, 16))
    return Layout(view, Rect(edge, edge, camera_w, camera_h), caption, title=_title(canvas_hw))


def _pair(room_hw: Hw, canvas_hw: Hw, camera_hw: Hw) -> Layout:
    """For an upright canvas: camera and view of one size, one above the other, and the caption below."""
    (bottom, width), edge = room_hw, margin(canvas_hw)
    words = max(round(min(bottom * 0.27, width * 0.24)), 1)
    height, wide = fitted(camera_hw, (max((bottom - words - 4 * edge) // 2, 8), max(width - 2 * edge, 8)))
    left, top = (width - wide) // 2, max((bottom - words - 2 * edge - 2 * height) // 2, edge)
    view = Rect(left, top + height + edge, wide, height)
    caption_top = view.top + height + edge
    caption = Rect(left, caption_top, width - 2 * left, max(bottom - caption_top - edge, 1))
    return Layout(view, Rect(left, top, wide, height), caption, title=_title(canvas_hw))


def _pair_in_a_row(room_hw: Hw, canvas_hw: Hw, camera_hw: Hw) -> Layout:
    """For a wide canvas: the caption at the left, then camera and view of one size."""
    (bottom, width), edge, column = room_hw, margin(canvas_hw), _column(canvas_hw)
    left = 2 * edge + column
    most_hw = max(bottom - 2 * edge, 8), max((width - left - 2 * edge) // 2, 8)
    height, wide = fitted(camera_hw, most_hw)
    start, top = left + max((width - left - 2 * wide - 2 * edge) // 2, 0), (bottom - height) // 2
    caption = Rect(edge, edge, column, max(bottom - 2 * edge, 1))
    view = Rect(start + wide + edge, top, wide, height)
    return Layout(view, Rect(start, top, wide, height), caption, title=_title(canvas_hw))


def _inset(room_hw: Hw, canvas_hw: Hw, camera_hw: Hw) -> Layout:
    """The view fills the canvas; the camera is in the lower right corner, the caption in the lower left."""
    (bottom, width), edge = room_hw, margin(canvas_hw)
    camera_h, camera_w = fitted(camera_hw, (round(bottom * 0.26), round(width * 0.2)))
    camera = Rect(width - edge - camera_w, bottom - edge - camera_h, camera_w, camera_h)
    title = _title(canvas_hw)
    tall, wide = round(title * 2.5), max(width - camera_w - 3 * edge, 16)
    caption = Rect(edge, max(bottom - edge - tall, 0), min(wide, 18 * title), min(tall, bottom - edge))
    return Layout(Rect(0, 0, width, bottom), camera, caption, over=True, title=title)


def _strip(room_hw: Hw, canvas_hw: Hw, camera_hw: Hw) -> Layout:
    """The view is as wide as the canvas; below it a strip with the caption at the left and the camera at the right."""
    (bottom, width), edge, title = room_hw, margin(canvas_hw), _title(canvas_hw)
    tall = min(round(title * 2.9), bottom // 2)
    camera_h, camera_w = fitted(camera_hw, (max(tall - edge, 8), round(width * 0.3)))
    top = bottom - tall
    camera = Rect(width - edge - camera_w, top + (tall - camera_h) // 2, camera_w, camera_h)
    caption = Rect(edge, camera.top, max(width - camera_w - 3 * edge, 16), camera_h)
    return Layout(Rect(0, 0, width, top), camera, caption, title=title)
