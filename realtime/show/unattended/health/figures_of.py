"""The figures of a show, from its parts."""

import math
import time
from importlib import metadata

from realtime.canvas.composer import Canvas
from realtime.imaging.frame import Frame
from realtime.inference.memory.process_memory import resident_bytes
from realtime.pace.meter import Meter
from realtime.pace.rate_keeper import RateKeeper
from realtime.show.parts import Parts
from realtime.show.unattended.health.figures import Figures


def figures_of(
    parts: Parts, meter: Meter, keeper: RateKeeper, *, canvas: Canvas | None, frame: Frame | None, resting: bool
) -> Figures:
    """What is known now; any thread may ask. `canvas` and `frame` are the newest ones."""
    now, capture, provider = time.monotonic(), parts.capture, parts.engine.provider
    return Figures(
        version=metadata.version("ventral"),
        model=parts.setup.network.info.name,
        provider=provider.name,
        fallback=provider.reason or "",
        precision=canvas.precision if canvas is not None else "",
        source=capture.name,
        source_rate=max(capture.rate, 0.01),
        lost=capture.lost or "",
        waiting=capture.notice,
        resting=resting,
        uptime=meter.elapsed,
        rates={
            "camera": capture.fps,
            "network": meter.network.value(now),
            "canvas": meter.canvases.value(now),
            "screen": meter.screen.value(now),
        },
        totals={"network": meter.network.total, "canvas": meter.canvases.total, "screen": meter.screen.total},
        frame_age=now - frame.timestamp if frame is not None else math.inf,
        canvas_age=now - meter.canvases.last,
        result_age=now - meter.network.last,
        turn_age=now - meter.last_turn,
        dropped={"capture": capture.dropped, "recorder": parts.recorder.dropped},
        faults={output.name: output.fault for output in parts.outputs if output.permanent},
        view_fault=(canvas.fault if canvas is not None else None) or "",
        failed=meter.failed,
        reconnects=capture.reconnects,
        flashing=canvas is not None and canvas.limited,
        level=keeper.level,
        given_up=keeper.words,
        resident_bytes=resident_bytes(),
    )
