"""The report of a show: measurements as a JSON file."""

import json
from importlib import metadata
from typing import Any

from realtime.inference.memory.process_memory import resident_bytes
from realtime.pace.meter import Meter

MADE_BY = "ventral"
"""What tells a report from another JSON file: the key of the version."""


def measured(meter: Meter) -> dict[str, Any]:
    """The measurements: seconds from the start to the first canvas, times in milliseconds, memory in MB."""
    return {
        MADE_BY: metadata.version("ventral"),
        "seconds": round(meter.elapsed, 3),
        "first_canvas": round(meter.canvases.first - meter.started, 3) if meter.canvases.total else None,
        "frames": meter.canvases.total,
        "failed_frames": meter.failed,
        "latency_ms": {"p50": meter.latency.percentile_ms(50), "p95": meter.latency.percentile_ms(95)},
        "switch_ms": {"p50": meter.switch.percentile_ms(50), "p95": meter.switch.percentile_ms(95)},
        "screen_stall_ms": round(meter.longest_stall * 1e3, 1),
        "stage_ms": {
            name: {"p50": samples.percentile_ms(50), "p95": samples.percentile_ms(95)}
            for name, samples in meter.stages.items()
        },
        "by_second": {"network": meter.network.by_second(), "canvas": meter.canvases.by_second()},
        "rss_mb": round(resident_bytes() / 1e6, 1),
    }


def as_json(measurements: dict[str, Any]) -> bytes:
    """The content of the file."""
    return (json.dumps(measurements, indent=2) + "\n").encode()
