"""What the status line says: rates, recording, and the one notice that matters most."""

import dataclasses
import time

from models.spec import ModelInfo
from realtime.canvas.composer import Canvas
from realtime.controls.controls import Controls
from realtime.controls.settings import ShowSettings, WindowSettings
from realtime.controls.value import Scalar
from realtime.inference.providers import Provider
from realtime.outputs.recorder import RecorderStatus
from realtime.overlay.hud import Status
from realtime.pace.meter import Meter
from realtime.pace.rate_keeper import RateKeeper
from realtime.show.parts import Parts
from realtime.takes.take_log import TakeLog

FIGURES_FOR = 10.0
"""Seconds for which the status line tells the operator about network, provider, rates and latency.

They begin with the show, and again when the status line is turned on. A GPU that failed is named to the end.
"""

CARD_FOR = 15.0
"""Seconds for which a card says what is wrong with the source; after that the status line says it alone."""

LIMITED = "flashing limited"


class StatusLine:
    """Collects the texts of the status line."""

    def __init__(self, info: ModelInfo, meter: Meter, controls: Controls, keeper: RateKeeper) -> None:
        self._info, self._meter, self._keeper = info, meter, keeper
        self._since = time.monotonic()
        self._card_until: float | None = None
        controls.subscribe(self._begin_again)

    def at(self, canvas: Canvas, parts: Parts, feedback: str) -> Status:
        """The status line for a canvas; `feedback` is what the last key did."""
        notice, failed = parts.recordings.notice()
        broken = next((each.fault for each in parts.outputs if each.fault and each.permanent), "")
        status = Status(
            untrained=not self._info.trained,
            recording=self._recording(parts.recorder.status) or self._take(parts.take),
            answer=feedback,
            notice="" if feedback else self._notice(canvas, parts, "" if failed else notice),
            card=self._card(parts.capture.notice),
            alarm=parts.capture.lost or canvas.fault or broken or (notice if failed else ""),
        )
        return self._with_figures(status, parts, canvas) if self._with_operator else status

    @staticmethod
    def for_visitors(canvas: Canvas, parts: Parts) -> Status:
        """What a kiosk says: only that its source is missing."""
        missing = parts.capture.lost or parts.capture.notice
        return Status(waiting=canvas.settings[WindowSettings].waiting if missing else "")

    def _begin_again(self, path: str, value: Scalar) -> None:
        if path == "window/status" and value:
            self._since = time.monotonic()

    @property
    def _with_operator(self) -> bool:
        return time.monotonic() - self._since < FIGURES_FOR

    def _with_figures(self, status: Status, parts: Parts, canvas: Canvas) -> Status:
        meter = self._meter
        latency = meter.latency.percentile_ms(50, last=30)
        network, screen = meter.network.value(), meter.screen.value()
        return dataclasses.replace(
            status,
            network=f"{self._info.name} {canvas.precision}",
            provider=parts.engine.provider.name,
            rates=f"camera {parts.capture.fps:.0f} · network {network:.0f} · screen {screen:.0f} fps",
            latency=f"latency {latency:.0f} ms" if latency is not None else "",
        )

    def _card(self, notice: str) -> str:
        """What the source has to say, for some seconds from the first canvas on."""
        if self._card_until is None and notice:
            self._card_until = time.monotonic() + CARD_FOR
        return notice if self._card_until is not None and time.monotonic() < self._card_until else ""

    def _recording(self, status: RecorderStatus) -> str:
        if status.recording:
            several = f" {len(status.recording)} files," if len(status.recording) > 1 else ""
            return f"REC{several} {status.seconds:.0f} s, ~{status.megabytes:.1f} MB"
        share = f" {status.progress:.0%}" if status.progress else ""
        return f"writing{share}" if status.finishing else ""

    def _take(self, take: TakeLog | None) -> str:
        return f"TAKE {take.seconds:.0f} s" if take is not None and not take.fault else ""

    def _notice(self, canvas: Canvas, parts: Parts, saved: str) -> str:
        """The most important of: what is being prepared, what was saved, what is unusual."""
        preparing = f"preparing {canvas.waiting}" if canvas.waiting else ""
        limited = LIMITED if canvas.limited else ""
        frozen = "frozen" if canvas.settings[ShowSettings].freeze else ""
        absent = parts.capture.notice.partition(". ")[0].partition(": ")[0]
        provider = self._provider(parts.engine.provider)
        usual = preparing or saved or limited or frozen or canvas.note or parts.capture.warning or provider or absent
        return usual or self._keeper.notice(time.monotonic(), always=self._with_operator)

    def _provider(self, provider: Provider) -> str:
        shown = self._with_operator or "failed" in (provider.reason or "")
        return f"running on the {provider.name}: {provider.reason}" if provider.reason and shown else ""
