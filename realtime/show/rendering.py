"""The render thread: turns the newest frame into the newest canvas."""

import time

from realtime.canvas.pipeline import Canvas, Pipeline
from realtime.controls.controls import Controls, Snapshot
from realtime.imaging.frame import Frame
from realtime.show.meter import Meter
from realtime.threads.mailbox import Mailbox

TICK = 1 / 30  # seconds after which a change is rendered although no new frame has come
REDRAW_FOR = 1.0  # seconds after a change during which a still frame is rendered again, so that a change ends


class Rendering:
    """Renders canvases, at most `limit`, of the size `canvas_hw`, which the main thread may change."""

    def __init__(  # noqa: PLR0913, the wiring of a thread
        self,
        pipeline: Pipeline,
        controls: Controls,
        meter: Meter,
        *,
        frames: Mailbox[Frame],
        canvases: Mailbox[Canvas],
        outputs: Mailbox[Frame],
        limit: int | None = None,
    ) -> None:
        self.canvas_hw = pipeline.canvas_hw
        self._pipeline = pipeline
        self._controls = controls
        self._meter = meter
        self._frames = frames
        self._canvases = canvases
        self._outputs = outputs
        self._limit = limit
        self._seen = 0
        self._settings: Snapshot | None = None
        self._changed = 0.0
        self._waiting = False
        self._limited = False

    @property
    def done(self) -> bool:
        """Whether `limit` canvases have been rendered."""
        return self._limit is not None and self._meter.network.total >= self._limit

    def step(self) -> None:
        """Render one canvas if there is anything new to show."""
        fresh, self._seen = self._frames.get(self._seen, TICK)
        frame = fresh or self._frames.peek()
        settings, now = self._controls.snapshot(), time.monotonic()
        if settings is not self._settings or self.canvas_hw != self._pipeline.canvas_hw:
            self._settings, self._changed = settings, now
            self._pipeline.canvas_hw = self.canvas_hw
        redraw = self._waiting or self._limited or now - self._changed < REDRAW_FOR
        if self.done:
            time.sleep(TICK)
        elif frame is not None and (fresh is not None or redraw):
            self._draw(frame, settings, now, fresh=fresh is not None)

    def _draw(self, frame: Frame, settings: Snapshot, now: float, *, fresh: bool) -> None:
        with self._meter.stage("render"):
            canvas = self._pipeline.render(frame, settings, now)
        self._waiting, self._limited = canvas.waiting is not None, canvas.limited
        self._canvases.put(canvas)
        if self._waiting:
            time.sleep(0.004)  # leaves the processor to the thread that builds the graph
            return
        self._outputs.put(canvas.frame)
        self._meter.network.tick()
        self._meter.failed += canvas.fault is not None
        if fresh:
            self._meter.latency.add(time.monotonic() - frame.timestamp)
