"""A slide of Grad-CAM: the picture, the picture under its heatmap, a title and a line below."""

from models.spec import Hw
from realtime.imaging.compositing import Rect, background, fitted, frame_line, paste, resize
from realtime.imaging.drawing import write_fitting
from realtime.imaging.frame import Floats, Image, hw
from realtime.imaging.heatmap import overlay_heatmap
from realtime.imaging.text import BRIGHT, FAINT, LIGHT, QUIET


def heat_slide(canvas_hw: Hw, image: Image, heatmap: Floats, title: str, line: str) -> Image:
    """A slide of `canvas_hw` for a picture and its heatmap, 0 to 1."""
    canvas, (height, width) = background(canvas_hw), canvas_hw
    edge, band = round(height * 0.04), round(height * 0.2)
    room = Rect(edge, edge, width - 2 * edge, height - 2 * edge - band)
    panel_hw = fitted(hw(image), (room.height, (room.width - edge) // 2))
    small = resize(image, panel_hw)
    left, top = (width - 2 * panel_hw[1] - edge) // 2, edge + (room.height - panel_hw[0]) // 2
    for place, panel in enumerate((small, overlay_heatmap(small, heatmap))):
        box = Rect(left + place * (panel_hw[1] + edge), top, panel_hw[1], panel_hw[0])
        frame_line(canvas, box, FAINT)
        paste(canvas, panel, box.left, box.top)
    _write(canvas, Rect(edge, height - edge - band, room.width, band), title, line)
    return canvas


def _write(canvas: Image, box: Rect, title: str, line: str) -> None:
    height = box.height
    upper, lower = box._replace(height=round(height * 0.62)), box._replace(height=round(height * 0.95))
    write_fitting(canvas, title, upper, size=round(height * 0.42), colour=BRIGHT, weight=LIGHT)
    write_fitting(canvas, line, lower, size=round(height * 0.19), colour=QUIET)
