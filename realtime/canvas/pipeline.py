"""The render pipeline: a frame and the settings become a drawing of the view, and that a canvas."""

import dataclasses
import logging
from collections.abc import Sequence
from functools import partial

from models.build.precision import PrecisionChoice
from models.errors import VentralError, is_out_of_memory, one_line
from models.spec import Hw, Network
from realtime.canvas.composer import Canvas, Composer
from realtime.canvas.drawing import Drawing, mirrored
from realtime.canvas.layout import Layout, arrange
from realtime.controls.controls import Snapshot
from realtime.controls.settings import ShowSettings, WindowSettings
from realtime.imaging.frame import Frame, hw
from realtime.inference.engine import Engine, EngineSettings, GraphError, NotReady
from realtime.inference.network_input import input_size
from realtime.inference.precision import ShowPrecision
from realtime.inference.predictor import Predictor, PredictSettings
from realtime.pace.level import FULL, Level
from realtime.views.view import Rendered, Scene, View

log = logging.getLogger(__name__)


class Pipeline:
    """Renders canvases, live and offline, in two steps: `draw_view` and `composer.compose`.

    Only one thread may use each step; `canvas_hw`, and the `level` of what the network gives up, may change between
    two drawings. A new level is seen once its graphs are ready.
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
        self.composer = Composer(network, flash_limit=flash_limit)
        self.precision = ShowPrecision(precision, network, engine)
        self.canvas_hw = canvas_hw
        self.level = self._drawn_level = FULL
        self.out_of_memory = False  # whether there was no memory for the last drawing
        self._network = network
        self._engine = engine
        self._views = {view.name: view for view in views}
        self._short_side = short_side
        self._predictor = Predictor(network, engine)
        self._held: Frame | None = None
        self._last: Drawing | None = None
        self._failed: set[tuple[str, type[Exception]]] = set()

    def render(self, frame: Frame, settings: Snapshot, now: float) -> Canvas:
        """The canvas for a frame at the time `now` in seconds. Never raises: a failure becomes a card on the canvas."""
        return self.composer.compose(self.draw_view(frame, settings, now), now)

    def draw(self, frame: Frame, settings: Snapshot, now: float) -> Canvas:
        """Like `render`, but raises NotReady and every error."""
        return self.composer.compose(self._drawing(self._prepared(frame, settings), settings, now), now)

    def draw_when_ready(self, frame: Frame, settings: Snapshot, now: float) -> Canvas:
        """Like `draw`, but waits for graphs: for files, without a screen."""
        return self._engine.when_ready(partial(self.draw, frame, settings, now))

    def draw_view(self, frame: Frame, settings: Snapshot, now: float) -> Drawing:
        """What the view draws of a frame, or what is shown in its place. Never raises."""
        self.out_of_memory = False
        frame = self._prepared(frame, settings)
        try:
            drawing = self._drawing(frame, settings, now)
        except NotReady as answer:
            drawing = self._last or self._nothing(frame, settings)
            return dataclasses.replace(drawing, settings=settings, waiting=answer.spec.head.label)
        except Exception as error:
            self.out_of_memory = is_out_of_memory(error)
            if self.out_of_memory:
                self._engine.relieve_memory()
            return dataclasses.replace(self._nothing(frame, settings), fault=self._fault(settings, error))
        self._last = drawing
        return drawing

    def short_side(self, level: Level) -> int:
        """The short side of the network's input, in pixels."""
        limits = self._network.info.input.limits
        return limits.side(level.short_side(self._short_side, limits.smallest))

    def _drawing(self, frame: Frame, settings: Snapshot, now: float) -> Drawing:
        """What the view draws of a frame; raises NotReady and every error."""
        show, predict = settings[ShowSettings], settings[PredictSettings]
        view, layout = self._views[show.view], self._layout(settings, frame)
        self.precision.update(show.layer, frame.image, self._input_hw(frame, FULL), dream=view.in_background)
        scene, rendered = self._rendered(view, frame, settings, layout)
        predictions = rendered.predictions if predict.on else ()
        if predictions is None:
            predictions = tuple(self._predictor.update(frame.image, settings, now))
        self._engine.limit_memory(settings[EngineSettings].memory)
        self._engine.prefetch(view.upcoming(scene))
        note = self._predictor.note if predict.on else ""
        return Drawing(scene, view, layout, self.canvas_hw, settings, rendered, predictions, note)

    def _rendered(self, view: View, frame: Frame, settings: Snapshot, layout: Layout) -> tuple[Scene, Rendered]:
        """The image of the view at the present level, or at the one before while its graphs are not ready."""
        scene = self._scene(frame, settings, layout, self.level)
        try:
            rendered = view.render(scene)
        except (NotReady, VentralError):
            if self._drawn_level == self.level:
                raise
            scene = self._scene(frame, settings, layout, self._drawn_level)
            return scene, view.render(scene)
        self._drawn_level = self.level
        return scene, rendered

    def _prepared(self, frame: Frame, settings: Snapshot) -> Frame:
        show = settings[ShowSettings]
        if not show.freeze or self._held is None:
            self._held = frame
        image = mirrored(self._held.image) if show.mirror else self._held.image
        return dataclasses.replace(frame, image=image)

    def _layout(self, settings: Snapshot, frame: Frame) -> Layout:
        show, status = settings[ShowSettings], settings[WindowSettings].status
        view = self._views[show.view]
        name = "full" if view.hides_camera else show.layout
        return arrange(name, self.canvas_hw, hw(frame.image), status=status, is_picture=view.is_picture)

    def _input_hw(self, frame: Frame, level: Level) -> Hw:
        return input_size(hw(frame.image), self.short_side(level), self._network.info.input.limits)

    def _scene(self, frame: Frame, settings: Snapshot, layout: Layout, level: Level) -> Scene:
        """What the view draws from."""
        show = settings[ShowSettings]
        view = self._views[show.view]
        return Scene(
            frame,
            settings,
            self._network,
            self._engine,
            self._input_hw(frame, level),
            layout.view.hw,
            self.precision.at(int8=level.int8, dream=view.in_background),
            cover=show.fit == "cover" and view.fills(settings),
            effort=level.effort,
        )

    def _nothing(self, frame: Frame, settings: Snapshot) -> Drawing:
        """The frame alone."""
        layout = self._layout(settings, frame)
        scene = self._scene(frame, settings, layout, self._drawn_level)
        return Drawing(scene, self._views[settings[ShowSettings].view], layout, self.canvas_hw, settings)

    def _fault(self, settings: Snapshot, error: Exception) -> str:
        """What failed, in words; a traceback is logged once for each kind of failure."""
        view, reason = settings[ShowSettings].view, one_line(error)
        if (view, type(error)) not in self._failed:
            self._failed.add((view, type(error)))
            known = isinstance(error, (VentralError, GraphError))
            log.error("the %s view failed: %s", view, reason, exc_info=None if known else error)
        return f"the {view} view failed: {reason}"
