"""The render thread's step: the newest frame becomes the newest canvas."""

from __future__ import annotations

import time

from realtime.controls.controls import Controls, Snapshot
from realtime.imaging.frame import Frame
from realtime.show.meter import Meter
from realtime.show.pipeline import Canvas, Pipeline
from realtime.threads.latest import Latest

TICK = 1 / 30
"""Seconds after which a change is drawn although no new frame came."""

RESTLESS = 1.0
"""Seconds after a change in which a frame that stands still is drawn again: a cross-fade has an end."""


class Rendering:
    """Draws until `limit` canvases are made; `done` says that they are."""

    def __init__(  # noqa: PLR0913, the wiring of a thread
        self,
        pipeline: Pipeline,
        controls: Controls,
        meter: Meter,
        *,
        frames: Latest[Frame],
        canvases: Latest[Canvas],
        pictures: Latest[Frame],
        limit: int | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._controls = controls
        self._meter = meter
        self._frames = frames
        self._canvases = canvases
        self._pictures = pictures
        self._limit = limit
        self._seen = 0
        self._settings: Snapshot | None = None
        self._changed = 0.0
        self._waiting = False

    @property
    def done(self) -> bool:
        """Whether as many canvases were made as were asked for."""
        return self._limit is not None and self._meter.network.total >= self._limit

    def step(self) -> None:
        """Draw one canvas, when there is anything new to draw."""
        fresh, self._seen = self._frames.get(self._seen, TICK)
        frame = fresh or self._frames.peek()
        settings, now = self._controls.snapshot(), time.monotonic()
        if settings is not self._settings:
            self._settings, self._changed = settings, now
        restless = self._waiting or now - self._changed < RESTLESS
        if self.done:
            time.sleep(TICK)
        elif frame is not None and (fresh is not None or restless):
            self._draw(frame, settings, now, fresh=fresh is not None)

    def _draw(self, frame: Frame, settings: Snapshot, now: float, *, fresh: bool) -> None:
        with self._meter.stage("render"):
            canvas = self._pipeline.render(frame, settings, now)
        self._waiting = canvas.waiting is not None
        self._canvases.put(canvas)
        if self._waiting:
            time.sleep(0.004)  # leaves the processor to the thread that makes what is waited for
            return
        self._pictures.put(canvas.frame)
        self._meter.network.tick()
        self._meter.failed += canvas.fault is not None
        if fresh:
            self._meter.latency.add(time.monotonic() - frame.timestamp)
