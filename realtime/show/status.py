"""What the status line says: rates, recording, and the one notice that matters most."""

from models.build.graph_spec import Precision
from models.spec import ModelInfo
from realtime.canvas.pipeline import Canvas
from realtime.controls.settings import ShowSettings
from realtime.inference.providers import Provider
from realtime.outputs.recorder import RecorderStatus
from realtime.show.hud import Status
from realtime.show.meter import Meter
from realtime.show.parts import Parts

REASON_FOR = 10.0
"""Seconds at the start during which the status line says why there is no GPU; a GPU that failed is named to the end."""

LIMITED = "flashing limited"


class StatusLine:
    """Collects the texts of the status line."""

    def __init__(self, info: ModelInfo, precision: Precision, meter: Meter) -> None:
        self._info, self._precision, self._meter = info, precision, meter

    def at(self, canvas: Canvas, parts: Parts, feedback: str) -> Status:
        """The status line for a canvas; `feedback` is what the last key did."""
        meter, recording = self._meter, parts.recorder.status
        notice, failed = parts.recordings.notice()
        latency = meter.latency.percentile_ms(50, last=30)
        network, screen = meter.network.value(), meter.screen.value()
        broken = next((each.fault for each in parts.outputs if each.fault and each.permanent), "")
        return Status(
            network=f"{self._info.name} {self._precision}",
            untrained=not self._info.trained,
            provider=parts.engine.provider.name,
            rates=f"camera {parts.capture.fps:.0f} · network {network:.0f} · screen {screen:.0f} fps",
            latency=f"latency {latency:.0f} ms" if latency is not None else "",
            recording=self._recording(recording),
            notice=feedback or self._notice(canvas, parts, "" if failed else notice),
            alarm=parts.capture.lost or canvas.fault or broken or (notice if failed else ""),
        )

    def _recording(self, status: RecorderStatus) -> str:
        return f"REC {status.seconds:.0f} s" if status.recording else "writing" if status.finishing else ""

    def _notice(self, canvas: Canvas, parts: Parts, saved: str) -> str:
        """The most important of: what is being prepared, what was saved, what is unusual."""
        preparing = f"preparing {canvas.waiting}" if canvas.waiting else ""
        limited = LIMITED if canvas.limited else ""
        frozen = "frozen" if canvas.settings[ShowSettings].freeze else ""
        provider = self._provider(parts.engine.provider)
        return preparing or saved or limited or frozen or canvas.note or parts.capture.warning or provider

    def _provider(self, provider: Provider) -> str:
        shown = self._meter.elapsed < REASON_FOR or "failed" in (provider.reason or "")
        return f"running on the {provider.name}: {provider.reason}" if provider.reason and shown else ""
