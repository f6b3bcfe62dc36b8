"""The two threads that draw: one lets the view draw with the network, the other puts what it has drawn on canvases."""

import time
from typing import Self

from models.spec import Hw
from realtime.canvas.composer import Canvas
from realtime.canvas.drawing import Drawing
from realtime.imaging.frame import Frame
from realtime.pace.meter import Meter
from realtime.pace.rate_keeper import RateKeeper
from realtime.show.drawing.rendering import Rendering
from realtime.show.drawing.view_drawing import ViewDrawing
from realtime.show.options import LiveOptions
from realtime.show.parts import Parts
from realtime.threads.mailbox import Mailbox
from realtime.threads.worker import Worker


class DrawingThreads:
    """Draws from `frames` into `canvases` and `outputs` while the context lasts, at the rate of the `keeper`."""

    def __init__(
        self, parts: Parts, options: LiveOptions, meter: Meter, *, frames: Mailbox[Frame], outputs: Mailbox[Frame]
    ) -> None:
        self.canvases: Mailbox[Canvas] = Mailbox()
        drawings: Mailbox[Drawing] = Mailbox()
        controls, pipeline = parts.setup.controls, parts.setup.pipeline(parts.engine, options)
        pipeline.composer.says_faults = not options.kiosk
        self.keeper = RateKeeper(
            controls,
            parts.setup.network.info,
            source_rate=lambda: parts.capture.rate,
            int8=lambda: pipeline.precision.ratio,
            busy=lambda: pipeline.precision.trying() or parts.engine.pending > 0,
            short_side=pipeline.short_side,
            keeps_size=options.size is not None,
            now=time.monotonic(),
        )
        self._viewing = ViewDrawing(pipeline, controls, meter, self.keeper, frames=frames, drawings=drawings)
        self._rendering = Rendering(
            pipeline.composer,
            meter,
            self.keeper,
            frames=frames,
            drawings=drawings,
            canvases=self.canvases,
            outputs=outputs,
            limit=options.frames,
        )
        self._workers = Worker("view", self._viewing.step), Worker("render", self._rendering.step)

    def __enter__(self) -> Self:
        for worker in self._workers:
            worker.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.stop()

    @property
    def done(self) -> bool:
        """Whether all canvases that were asked for have been rendered."""
        return self._rendering.done

    def set_canvas_hw(self, canvas_hw: Hw) -> None:
        """Draw canvases of this size from now on."""
        self._viewing.canvas_hw = canvas_hw

    def check(self) -> None:
        """Raise the exception that ended a thread, if any."""
        for worker in self._workers:
            worker.check()
