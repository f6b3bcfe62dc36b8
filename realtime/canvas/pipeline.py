"""The render pipeline: a frame and the settings become a canvas with view, camera and caption."""

import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from models.build.graph_spec import Precision
from models.errors import VentralError
from models.spec import Hw, LayerInfo, Network, Prediction
from realtime.canvas.captions import draw_caption, draw_card, draw_prediction_panel
from realtime.canvas.crossfade import CrossFade
from realtime.canvas.layout import Layout, arrange
from realtime.controls.controls import Snapshot
from realtime.controls.settings import ShowSettings
from realtime.imaging import compositing
from realtime.imaging.frame import Frame, Image, hw
from realtime.inference.engine import Engine, GraphError, NotReady
from realtime.inference.network_input import input_size
from realtime.inference.predictor import Predictor, PredictSettings
from realtime.views.view import Rendered, Scene, Tiles, View

log = logging.getLogger(__name__)

HAIRLINE = (70, 66, 62)


@dataclass(frozen=True, slots=True)
class Canvas:
    """The finished image of the show, and what it contains.

    `frame` keeps the capture time of the camera frame it was drawn from, `settings` are those it was drawn with;
    `panel` is the place of the view, `picture` that of its image, and `camera` that of the frame beside it;
    `waiting` says what is being made, `fault` what went wrong, `note` what is missing from the picture.
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
    waiting: str | None = None
    fault: str | None = None
    note: str = ""


class Pipeline:
    """Renders canvases, live and offline. Only one thread may use it; `canvas_hw` may change between two canvases."""

    def __init__(
        self,
        network: Network,
        engine: Engine,
        views: Sequence[View],
        *,
        canvas_hw: Hw,
        short_side: int,
        precision: Precision = "fp32",
    ) -> None:
        self._network = network
        self._engine = engine
        self._views = {view.name: view for view in views}
        self.canvas_hw = canvas_hw
        self._short_side = short_side
        self._precision: Precision = precision
        self._predictor = Predictor(network, engine, precision)
        self._fade = CrossFade()
        self._held: Frame | None = None
        self._last: Canvas | None = None
        self._failed: set[tuple[str, type[Exception]]] = set()

    def render(self, frame: Frame, settings: Snapshot, now: float) -> Canvas:
        """The canvas for a frame at the time `now` in seconds. Never raises: a failure becomes a card on the canvas."""
        try:
            canvas = self.draw(frame, settings, now)
        except NotReady as answer:
            last = self._last or self._camera(frame, settings)
            frame = dataclasses.replace(frame, image=last.frame.image)
            return dataclasses.replace(last, frame=frame, settings=settings, waiting=answer.spec.head.label)
        except Exception as error:
            return self._failure(frame, settings, error)
        self._last = canvas
        return canvas

    def draw(self, frame: Frame, settings: Snapshot, now: float) -> Canvas:
        """Like `render`, but raises NotReady and every error."""
        frame = self._prepared(frame, settings)
        show = settings[ShowSettings]
        layout = self._layout(show.view, settings, frame)
        scene = Scene(
            frame,
            settings,
            self._network,
            self._engine,
            self._network.info.input.fixed_hw or input_size(hw(frame.image), self._short_side),
            layout.view.hw,
            self._precision,
        )
        view = self._views[show.view]
        predictions = self._predictor.update(frame.image, settings, now)
        rendered = view.render(scene)
        self._engine.prefetch(view.upcoming(scene))
        image = self._compose(frame, layout, rendered, settings, predictions)
        image = self._fade.apply(image, _identity(show, rendered), now, seconds=show.fade)
        frame = dataclasses.replace(frame, image=image)
        note = self._predictor.note if settings[PredictSettings].on else ""
        return Canvas(
            frame,
            settings,
            show.view,
            layout.view,
            compositing.centred(hw(rendered.image), layout.view),
            scene.input_hw,
            layout.camera,
            rendered.layer,
            rendered.tiles,
            note=note,
        )

    def draw_when_ready(self, frame: Frame, settings: Snapshot, now: float) -> Canvas:
        """Like `draw`, but waits for graphs: for files, without a screen."""
        return self._engine.when_ready(partial(self.draw, frame, settings, now))

    def _prepared(self, frame: Frame, settings: Snapshot) -> Frame:
        show = settings[ShowSettings]
        if not show.freeze or self._held is None:
            self._held = frame
        held = self._held
        if show.mirror:
            held = dataclasses.replace(held, image=np.ascontiguousarray(held.image[:, ::-1]))
        return dataclasses.replace(held, index=frame.index, timestamp=frame.timestamp)

    def _layout(self, view: str, settings: Snapshot, frame: Frame) -> Layout:
        name = "full" if self._views[view].hides_camera else settings[ShowSettings].layout
        return arrange(name, self.canvas_hw, hw(frame.image), has_text=self._views[view].has_text)

    def _compose(
        self, frame: Frame, layout: Layout, rendered: Rendered, settings: Snapshot, predictions: Sequence[Prediction]
    ) -> Image:
        canvas = compositing.background(self.canvas_hw)
        compositing.paste(canvas, compositing.fit(rendered.image, layout.view.hw), layout.view.left, layout.view.top)
        if layout.camera is not None:
            camera = layout.camera
            compositing.paste(canvas, compositing.fit(frame.image, camera.hw), camera.left, camera.top)
            if layout.over:
                compositing.frame_line(canvas, camera, HAIRLINE)
        if predictions:
            layout = draw_prediction_panel(canvas, layout, predictions)
        if settings[ShowSettings].caption:
            draw_caption(canvas, layout, self._network.info, rendered)
        return canvas

    def _camera(self, frame: Frame, settings: Snapshot) -> Canvas:
        """The frame alone, for the time before the first graph is built and for failures."""
        image = compositing.fit(frame.image, self.canvas_hw)
        panel = compositing.Rect(0, 0, *self.canvas_hw[::-1])
        picture = compositing.centred(hw(frame.image), panel)
        return Canvas(dataclasses.replace(frame, image=image), settings, CAMERA, panel, picture, hw(frame.image))

    def _failure(self, frame: Frame, settings: Snapshot, error: Exception) -> Canvas:
        """The frame with a card that names the failure; a traceback is logged once for each kind of failure."""
        view, reason = settings[ShowSettings].view, str(error) or type(error).__name__
        if (view, type(error)) not in self._failed:
            self._failed.add((view, type(error)))
            known = isinstance(error, (VentralError, GraphError))
            log.error("the %s view failed: %s", view, reason, exc_info=None if known else error)
        canvas = self._camera(frame, settings)
        image = canvas.frame.image.copy()
        draw_card(image, f"the {view} view failed", reason)
        return dataclasses.replace(
            canvas, frame=dataclasses.replace(frame, image=image), fault=f"the {view} view failed: {reason}"
        )


CAMERA = "camera"  # the view name of a canvas that shows the frame alone


def _identity(show: ShowSettings, rendered: Rendered) -> tuple[object, ...]:
    """A change of this starts a cross-fade."""
    grid = rendered.tiles.grid if rendered.tiles else None
    return show.view, show.layout, show.mirror, rendered.layer, grid
