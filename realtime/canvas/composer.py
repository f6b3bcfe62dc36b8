"""Puts what a view has drawn on a canvas: camera, transition, caption, and the limiter of flashes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from models.build.precision import Precision
from models.spec import Hw, LayerInfo, Network
from realtime.canvas.captions import CaptionFade, caption_words, draw_caption, draw_card, draw_prediction_panel
from realtime.canvas.drawing import Drawing
from realtime.canvas.flash_limiter import FlashLimiter
from realtime.canvas.transition import Picture, Shown, Transition
from realtime.controls.controls import Snapshot
from realtime.controls.settings import ShowSettings
from realtime.imaging import compositing
from realtime.imaging.frame import Frame, Image, hw
from realtime.imaging.kept_drawing import KeptDrawing
from realtime.inference.predictor import PredictSettings
from realtime.views.view import Rendered, Tiles

CAMERA = "camera"  # the view name of a canvas that shows the frame alone


@dataclass(frozen=True, slots=True)
class Canvas:
    """The finished image of the show, and what it contains.

    `frame` keeps the capture time of the camera frame it was drawn from, `settings` are those it was drawn with;
    `panel` is the place of the view, `picture` that of its image, and `camera` that of the frame beside it; `groups`
    are those of the settings of the view, `unused` the values in them that it does not read; `waiting` says what is
    being made, `fault` what went wrong, `note` what is missing from the picture, and `limited` whether flashing is
    limited in it.
    """

    frame: Frame
    settings: Snapshot
    view: str
    panel: compositing.Rect
    picture: compositing.Rect
    input_hw: Hw
    camera: compositing.Rect | None = None
    layer: LayerInfo | None = None
    tiles: Tiles | None = None
    groups: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    waiting: str | None = None
    fault: str | None = None
    note: str = ""
    limited: bool = False
    precision: Precision = "fp32"


class Composer:
    """Makes canvases from drawings; only one thread may use it.

    Every canvas passes a flash limiter, unless `flash_limit` is off. `says_faults` means that a card on the canvas says
    what went wrong.
    """

    def __init__(self, network: Network, *, flash_limit: bool = True) -> None:
        self.says_faults = True
        self._network = network
        self._transition = Transition()
        self._caption = CaptionFade()
        self._kept_caption = KeptDrawing()
        self._limiter = FlashLimiter() if flash_limit else None

    def compose(self, drawing: Drawing, now: float, newer: Frame | None = None) -> Canvas:
        """The canvas of a drawing at the time `now` in seconds, with a `newer` frame beside it if there is one."""
        frame = drawing.frame if newer is None else drawing.beside(newer)
        rendered = drawing.rendered
        canvas = _frame_alone(drawing, frame) if rendered is None else self._with_view(drawing, rendered, frame, now)
        if drawing.fault is not None and self.says_faults:
            title, _, reason = drawing.fault.partition(": ")
            draw_card(canvas.frame.image, title, reason)
        return self._limited(dataclasses.replace(canvas, waiting=drawing.waiting, fault=drawing.fault), now)

    def _limited(self, canvas: Canvas, now: float) -> Canvas:
        """The canvas without flashes that may hurt."""
        if self._limiter is None:
            return canvas
        image, limited = self._limiter.apply(canvas.frame.image, now)
        return dataclasses.replace(canvas, frame=dataclasses.replace(canvas.frame, image=image), limited=limited)

    def _with_view(self, drawing: Drawing, rendered: Rendered, frame: Frame, now: float) -> Canvas:
        scene, layout, view = drawing.scene, drawing.layout, drawing.view
        show = scene.settings[ShowSettings]
        picture = Picture(compositing.fit(rendered.image, layout.view.hw), frame.image, layout, drawing.canvas_hw)
        image = self._transition.apply(picture, self._shown(drawing, rendered), now, seconds=show.fade)
        self._write(image, drawing, rendered, now)
        fitted = compositing.fitted(hw(rendered.image), layout.view.hw)
        return Canvas(
            dataclasses.replace(frame, image=image),
            drawing.settings,
            view.name,
            layout.view,
            compositing.in_the_middle(scene.whole_hw if scene.cover else fitted, layout.view),
            scene.input_hw,
            layout.camera,
            rendered.layer,
            rendered.tiles,
            tuple(group.group for group in view.settings),
            view.unused,
            note=drawing.note,
            precision=scene.precision,
        )

    def _shown(self, drawing: Drawing, rendered: Rendered) -> Shown:
        depth = self._network.info.layers.index(rendered.layer) if rendered.layer else None
        grid, selected = (rendered.tiles.grid, rendered.tiles.selected or 0) if rendered.tiles else (None, 0)
        mirror = drawing.scene.settings[ShowSettings].mirror
        return Shown(drawing.view.name, drawing.layout, mirror, depth, grid, selected)

    def _write(self, canvas: Image, drawing: Drawing, rendered: Rendered, now: float) -> None:
        """Write the predictions and the caption on a canvas."""
        settings, layout, info = drawing.scene.settings, drawing.layout, self._network.info
        if drawing.predictions:
            threshold = settings[PredictSettings].threshold
            layout = draw_prediction_panel(canvas, layout, drawing.predictions, threshold)
        show = settings[ShowSettings]
        words = caption_words(rendered, info) if show.caption else None
        draw_caption(canvas, layout, info, *self._caption.update(words, now, seconds=show.fade), self._kept_caption)


def _frame_alone(drawing: Drawing, frame: Frame) -> Canvas:
    """The frame alone, for the time before the first graph is built and for failures."""
    scene, canvas_hw = drawing.scene, drawing.canvas_hw
    panel = drawing.layout.view if scene.cover else compositing.Rect(0, 0, *canvas_hw[::-1])
    size_hw = scene.whole_hw if scene.cover else compositing.fitted(scene.frame_hw, panel.hw)
    image = compositing.background(canvas_hw)
    scene = dataclasses.replace(scene, frame=frame)
    shown = scene.fitted_frame() if scene.cover else compositing.fit(frame.image, panel.hw)
    compositing.paste(image, shown, panel.left, panel.top)
    picture = compositing.in_the_middle(size_hw, panel)
    return Canvas(dataclasses.replace(frame, image=image), drawing.settings, CAMERA, panel, picture, scene.frame_hw)
