"""The render thread: puts the newest drawing on canvases, which may come more often than drawings."""

import time

from realtime.canvas.composer import Canvas, Composer
from realtime.canvas.drawing import Drawing
from realtime.imaging.frame import Frame
from realtime.pace.cadence import Slots
from realtime.pace.meter import Meter
from realtime.pace.rate_keeper import RateKeeper
from realtime.threads.mailbox import Mailbox

MOST = 0.1  # seconds that a step waits at most
REDRAW_FOR = 1.0  # seconds after a change during which a still frame is shown again, so that a change ends


class Rendering:
    """Renders canvases, at most `limit`."""

    def __init__(  # noqa: PLR0913, the wiring of a thread
        self,
        composer: Composer,
        meter: Meter,
        keeper: RateKeeper,
        *,
        frames: Mailbox[Frame],
        drawings: Mailbox[Drawing],
        canvases: Mailbox[Canvas],
        outputs: Mailbox[Frame],
        limit: int | None = None,
    ) -> None:
        self._composer, self._meter, self._keeper = composer, meter, keeper
        self._frames, self._drawings = frames, drawings
        self._canvases, self._outputs = canvases, outputs
        self._limit = limit
        self._slots = Slots()
        self._seen = self._since = 0
        self._drawing: Drawing | None = None
        self._index = -1
        self._changed = 0.0
        self._limited = False

    @property
    def done(self) -> bool:
        """Whether `limit` canvases have been rendered."""
        return self._limit is not None and self._meter.canvases.total >= self._limit

    def step(self) -> None:
        """Render one canvas if there is anything new to show."""
        period, every = 1 / self._keeper.rate, self._keeper.level.every
        until = self._slots.late(time.monotonic(), period, expected=self._since >= every - 1)
        drawing, self._seen = self._drawings.get(self._seen, min(until, MOST))
        if self.done:
            time.sleep(period)
            return
        if drawing is None and until > MOST:
            return
        if drawing is not None:
            time.sleep(self._slots.early(time.monotonic(), period))
            self._note(drawing)
        now = time.monotonic()
        self._slots.take(now, period, fresh=drawing is not None)
        self._since = 0 if drawing is not None else self._since + 1
        self._render(drawing, now)

    def _note(self, drawing: Drawing) -> None:
        """Keep the newest drawing; one with other settings begins a change."""
        if self._drawing is None or drawing.settings is not self._drawing.settings:
            self._changed = time.monotonic()
        self._drawing = drawing

    def _render(self, fresh: Drawing | None, now: float) -> None:
        """Render a new drawing, or the last one beside a newer frame, or while a change lasts."""
        drawing, newest = self._drawing, self._frames.peek()
        newer = newest if fresh is None and newest is not None and newest.index > self._index else None
        changing = self._limited or now - self._changed < REDRAW_FOR
        if drawing is None or (fresh is None and newer is None and not changing):
            return
        with self._meter.stage("canvas"):
            canvas = self._composer.compose(drawing, now, newer)
        self._index, self._limited = canvas.frame.index, canvas.limited
        self._canvases.put(canvas)
        if canvas.waiting is None:
            self._count(canvas, fresh)

    def _count(self, canvas: Canvas, fresh: Drawing | None) -> None:
        now = time.monotonic()
        self._outputs.put(canvas.frame)
        self._meter.canvases.tick(now)
        self._keeper.canvas(now)
        self._meter.failed += canvas.fault is not None
        if fresh is not None:
            self._meter.latency.add(now - fresh.frame.timestamp)
