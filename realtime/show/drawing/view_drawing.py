"""The view thread: lets the view draw the frames that are due, with the network."""

import time

from realtime.canvas.drawing import Drawing
from realtime.canvas.pipeline import Pipeline
from realtime.controls.controls import Controls, Snapshot
from realtime.imaging.frame import Frame
from realtime.pace.cadence import Cadence
from realtime.pace.meter import Meter
from realtime.pace.rate_keeper import RateKeeper
from realtime.threads.mailbox import Mailbox

TICK = 1 / 30  # seconds after which a change is drawn although no new frame has come
REDRAW_FOR = 1.0  # seconds after a change during which a still frame is drawn again, so that a change ends


class ViewDrawing:
    """Draws views for canvases of the size `canvas_hw`, which the main thread may change."""

    def __init__(
        self,
        pipeline: Pipeline,
        controls: Controls,
        meter: Meter,
        keeper: RateKeeper,
        *,
        frames: Mailbox[Frame],
        drawings: Mailbox[Drawing],
    ) -> None:
        self.canvas_hw = pipeline.canvas_hw
        self._pipeline, self._controls = pipeline, controls
        self._meter, self._keeper = meter, keeper
        self._frames, self._drawings = frames, drawings
        self._cadence = Cadence()
        self._seen = 0
        self._settings: Snapshot | None = None
        self._changed = 0.0
        self._waiting = False

    def step(self) -> None:
        """Draw one frame if there is anything new to draw, and it is due."""
        fresh, self._seen = self._frames.get(self._seen, TICK)
        frame = fresh or self._frames.peek()
        settings, now = self._controls.snapshot(), time.monotonic()
        changed = settings is not self._settings or self.canvas_hw != self._pipeline.canvas_hw
        if changed:
            self._settings, self._changed = settings, now
            self._pipeline.canvas_hw = self.canvas_hw
        new = fresh is not None or now - self._changed < REDRAW_FOR
        due = new and self._is_due(fresh.timestamp if fresh else now)
        if frame is not None and (due or changed or self._waiting):
            self._draw(frame, settings, now)

    def _is_due(self, time: float) -> bool:
        period = self._keeper.level.every / self._keeper.rate
        return self._cadence.passes(time, period, self._keeper.source_period)

    def _draw(self, frame: Frame, settings: Snapshot, now: float) -> None:
        self._pipeline.level = self._keeper.level
        with self._meter.stage("view"):
            drawing = self._pipeline.draw_view(frame, settings, now)
        if self._pipeline.out_of_memory:
            self._keeper.give_up_all(now)
        self._waiting = drawing.waiting is not None
        self._drawings.put(drawing)
        if self._waiting:
            time.sleep(0.004)  # leaves the processor to the thread that builds the graph
            return
        end = time.monotonic()
        self._meter.network.tick(end)
        self._keeper.result(end, end - now)
