"""The positions of camera, view and caption on a canvas."""

from dataclasses import dataclass, replace

from models.spec import Hw
from realtime.imaging.compositing import Rect, fitted


@dataclass(frozen=True, slots=True)
class Layout:
    """Rectangles in pixels; camera and caption may be absent. `over` means that they lie on top of the view."""

    view: Rect
    camera: Rect | None = None
    caption: Rect | None = None
    over: bool = False


def status_height(canvas_hw: Hw) -> int:
    """Height of the status line at the bottom, in pixels."""
    return max(round(min(canvas_hw) * 0.055), 18)


def arrange(name: str, canvas_hw: Hw, camera_hw: Hw, *, has_text: bool = False) -> Layout:
    """The layout "side", "inset" or "full"; neither caption nor status line covers a `has_text` view."""
    height = canvas_hw[0] - status_height(canvas_hw) * has_text
    if name == "full":
        return Layout(Rect(0, 0, canvas_hw[1], height))
    if name == "inset":
        layout = _inset(canvas_hw, camera_hw)
        view = layout.view._replace(height=height)
        return replace(layout, view=view, caption=None) if has_text else layout
    return _upright(canvas_hw, camera_hw) if canvas_hw[0] > canvas_hw[1] else _side(canvas_hw, camera_hw)


def margin(canvas_hw: Hw) -> int:
    """Width of the border around everything, in pixels."""
    return max(round(min(canvas_hw) / 30), 4)


def _side(canvas_hw: Hw, camera_hw: Hw) -> Layout:
    """Camera and caption in a column at the left, the view at the right."""
    height, width = canvas_hw
    edge, bottom = margin(canvas_hw), height - status_height(canvas_hw)
    column = round(width * 0.28)
    camera_h, camera_w = fitted(camera_hw, (round(bottom * 0.46), column))
    camera = Rect(edge, edge, camera_w, camera_h)
    left, below = 2 * edge + column, 2 * edge + camera_h
    view = Rect(left, edge, max(width - left - edge, 16), max(bottom - 2 * edge, 16))
    return Layout(view, camera, Rect(edge, below, column, max(bottom - below - edge, 1)))


def _upright(canvas_hw: Hw, camera_hw: Hw) -> Layout:
    """For a portrait canvas: camera and caption in a row at the top, the view below."""
    height, width = canvas_hw
    edge, bottom = margin(canvas_hw), height - status_height(canvas_hw)
    camera_h, camera_w = fitted(camera_hw, (round(height * 0.28), round(width * 0.45)))
    camera = Rect(edge, edge, camera_w, camera_h)
    caption = Rect(2 * edge + camera_w, edge, max(width - camera_w - 3 * edge, 16), camera_h)
    below = 2 * edge + camera_h
    return Layout(Rect(edge, below, width - 2 * edge, max(bottom - below - edge, 16)), camera, caption)


def _inset(canvas_hw: Hw, camera_hw: Hw) -> Layout:
    """The view fills the canvas; the camera is in the lower right corner, the caption in the lower left."""
    height, width = canvas_hw
    edge, bottom = margin(canvas_hw), height - status_height(canvas_hw)
    camera_h, camera_w = fitted(camera_hw, (round(height * 0.26), round(width * 0.24)))
    camera = Rect(width - edge - camera_w, bottom - edge - camera_h, camera_w, camera_h)
    caption_h = round(height * 0.2)
    caption = Rect(edge, bottom - edge - caption_h, round(width * 0.42), caption_h)
    return Layout(Rect(0, 0, width, height), camera, caption, over=True)
