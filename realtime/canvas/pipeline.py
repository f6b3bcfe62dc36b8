"""The render pipeline: a frame and the settings become a canvas with view, camera and caption."""

import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from models.build.graph_spec import Precision, PrecisionChoice
from models.errors import VentralError
from models.spec import Hw, LayerInfo, Network, Prediction
from realtime.canvas.captions import CaptionFade, caption_words, draw_caption, draw_card, draw_prediction_panel
from realtime.canvas.flash_limiter import FlashLimiter
from realtime.canvas.layout import Layout, arrange
from realtime.canvas.transition import Picture, Shown, Transition
from realtime.controls.controls import Snapshot
from realtime.controls.settings import ShowSettings, WindowSettings
from realtime.imaging import compositing
from realtime.imaging.frame import Frame, Image, hw
from realtime.inference.engine import Engine, GraphError, NotReady
from realtime.inference.network_input import input_size
from realtime.inference.precision import ShowPrecision
from realtime.inference.predictor import Predictor, PredictSettings
from realtime.views.view import Rendered, Scene, Tiles, View

log = logging.getLogger(__name__)


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


class Pipeline:
    """Renders canvases, live and offline. Only one thread may use it; `canvas_hw` may change between two canvases.

    Every canvas that leaves it passes a flash limiter, unless `flash_limit` is off.
    """

    def __init__(  # noqa: PLR0913, what every canvas depends on
        self,
        network: Network,
        engine: Engine,
        views: Sequence[View],
        *,
        canvas_hw: Hw,
        short_side: int,
        precision: PrecisionChoice = "fp32",
        flash_limit: bool = True,
    ) -> None:
        self._network = network
        self._engine = engine
        self._views = {view.name: view for view in views}
        self.canvas_hw = canvas_hw
        self._short_side = short_side
        self._precision = ShowPrecision(precision, network, engine)
        self._predictor = Predictor(network, engine)
        self._transition = Transition()
        self._caption = CaptionFade()
        self._limiter = FlashLimiter() if flash_limit else None
        self._held: Frame | None = None
        self._last: Canvas | None = None
        self._failed: set[tuple[str, type[Exception]]] = set()

    def render(self, frame: Frame, settings: Snapshot, now: float) -> Canvas:
        """The canvas for a frame at the time `now` in seconds. Never raises: a failure becomes a card on the canvas."""
        return self._limited(self._rendered(frame, settings, now), now)

    def draw(self, frame: Frame, settings: Snapshot, now: float) -> Canvas:
        """Like `render`, but raises NotReady and every error."""
        return self._limited(self._drawn(frame, settings, now), now)

    def draw_when_ready(self, frame: Frame, settings: Snapshot, now: float) -> Canvas:
        """Like `draw`, but waits for graphs: for files, without a screen."""
        return self._engine.when_ready(partial(self.draw, frame, settings, now))

    def _limited(self, canvas: Canvas, now: float) -> Canvas:
        """The canvas without flashes that may hurt."""
        if self._limiter is None:
            return canvas
        image, limited = self._limiter.apply(canvas.frame.image, now)
        return dataclasses.replace(canvas, frame=dataclasses.replace(canvas.frame, image=image), limited=limited)

    def _rendered(self, frame: Frame, settings: Snapshot, now: float) -> Canvas:
        """The canvas as the view drew it, or what is shown in its place."""
        try:
            canvas = self._drawn(frame, settings, now)
        except NotReady as answer:
            last = self._last or self._camera(frame, settings)
            frame = dataclasses.replace(frame, image=last.frame.image)
            return dataclasses.replace(last, frame=frame, settings=settings, waiting=answer.spec.head.label)
        except Exception as error:
            return self._failure(frame, settings, error)
        self._last = canvas
        return canvas

    def _drawn(self, frame: Frame, settings: Snapshot, now: float) -> Canvas:
        """The canvas as the view draws it; raises NotReady and every error."""
        frame = self._prepared(frame, settings)
        show = settings[ShowSettings]
        layout = self._layout(show.view, settings, frame)
        self._precision.update(show.layer, frame.image, self._input_hw(frame))
        scene = self._scene(frame, settings, layout)
        view = self._views[show.view]
        rendered = view.render(scene)
        predictions = rendered.predictions if settings[PredictSettings].on else ()
        if predictions is None:
            predictions = self._predictor.update(frame.image, settings, now)
        self._engine.prefetch(view.upcoming(scene))
        picture = Picture(compositing.fit(rendered.image, layout.view.hw), frame.image, layout, self.canvas_hw)
        image = self._transition.apply(picture, self._shown(show, layout, rendered), now, seconds=show.fade)
        self._write(image, layout, rendered, predictions, settings, now)
        frame = dataclasses.replace(frame, image=image)
        note = self._predictor.note if settings[PredictSettings].on else ""
        groups = tuple(group.group for group in view.settings)
        fitted = compositing.fitted(hw(rendered.image), layout.view.hw)
        return Canvas(
            frame,
            settings,
            show.view,
            layout.view,
            compositing.in_the_middle(scene.whole_hw if scene.cover else fitted, layout.view),
            scene.input_hw,
            layout.camera,
            rendered.layer,
            rendered.tiles,
            groups,
            view.unused,
            note=note,
            precision=scene.precision,
        )

    def _prepared(self, frame: Frame, settings: Snapshot) -> Frame:
        show = settings[ShowSettings]
        if not show.freeze or self._held is None:
            self._held = frame
        held = self._held
        if show.mirror:
            held = dataclasses.replace(held, image=np.ascontiguousarray(held.image[:, ::-1]))
        return dataclasses.replace(held, index=frame.index, timestamp=frame.timestamp)

    def _layout(self, view: str, settings: Snapshot, frame: Frame) -> Layout:
        drawn_by, status = self._views[view], settings[WindowSettings].status
        name = "full" if drawn_by.hides_camera else settings[ShowSettings].layout
        return arrange(name, self.canvas_hw, hw(frame.image), status=status, is_picture=drawn_by.is_picture)

    def _input_hw(self, frame: Frame) -> Hw:
        return self._network.info.input.fixed_hw or input_size(hw(frame.image), self._short_side)

    def _scene(self, frame: Frame, settings: Snapshot, layout: Layout) -> Scene:
        """What the view draws from."""
        show = settings[ShowSettings]
        return Scene(
            frame,
            settings,
            self._network,
            self._engine,
            self._input_hw(frame),
            layout.view.hw,
            self._precision.current,
            cover=show.fit == "cover" and self._views[show.view].fills(settings),
        )

    def _shown(self, show: ShowSettings, layout: Layout, rendered: Rendered) -> Shown:
        depth = self._network.info.layers.index(rendered.layer) if rendered.layer else None
        grid, selected = (rendered.tiles.grid, rendered.tiles.selected or 0) if rendered.tiles else (None, 0)
        return Shown(show.view, layout, show.mirror, depth, grid, selected)

    def _write(
        self,
        canvas: Image,
        layout: Layout,
        rendered: Rendered,
        predictions: Sequence[Prediction],
        settings: Snapshot,
        now: float,
    ) -> None:
        """Write the predictions and the caption on a canvas."""
        if predictions:
            layout = draw_prediction_panel(canvas, layout, predictions, settings[PredictSettings].threshold)
        show, info = settings[ShowSettings], self._network.info
        words = caption_words(rendered, info) if show.caption else None
        draw_caption(canvas, layout, info, *self._caption.update(words, now, seconds=show.fade))

    def _camera(self, frame: Frame, settings: Snapshot) -> Canvas:
        """The frame alone, for the time before the first graph is built and for failures."""
        layout = self._layout(settings[ShowSettings].view, settings, frame)
        scene = self._scene(frame, settings, layout)
        panel = layout.view if scene.cover else compositing.Rect(0, 0, *self.canvas_hw[::-1])
        size_hw = scene.whole_hw if scene.cover else compositing.fitted(scene.frame_hw, panel.hw)
        picture = compositing.in_the_middle(size_hw, panel)
        image = compositing.background(self.canvas_hw)
        shown = scene.fitted_frame() if scene.cover else compositing.fit(frame.image, panel.hw)
        compositing.paste(image, shown, panel.left, panel.top)
        return Canvas(dataclasses.replace(frame, image=image), settings, CAMERA, panel, picture, scene.frame_hw)

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
