"""The figures of a show in the text format of Prometheus, version 0.0.4."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from realtime.show.unattended.health.figures import Figures
from realtime.show.unattended.health.last_error import LastError

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Samples: TypeAlias = Iterable[tuple[Mapping[str, str], float]]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric, and how its samples come from the figures: each with its labels and its value."""

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    samples: Callable[[Figures, LastError], Samples]


def _one(value: Callable[[Figures], float]) -> Callable[[Figures, LastError], Samples]:
    """A single sample without labels."""
    return lambda figures, _: [({}, value(figures))]


def _by(label: str, values: Callable[[Figures], Mapping[str, float]]) -> Callable[[Figures, LastError], Samples]:
    """A sample for each name, which `label` has as its value."""
    return lambda figures, _: [({label: name}, value) for name, value in values(figures).items()]


METRICS = (
    Metric(
        "ventral_info",
        "gauge",
        "What the show runs; always 1.",
        lambda f, _: [({"version": f.version, "model": f.model, "provider": f.provider, "precision": f.precision}, 1)],
    ),
    Metric("ventral_healthy", "gauge", "1 while pictures come as they should.", _one(lambda f: not f.problem)),
    Metric("ventral_resting", "gauge", "1 while the show is closed (--hours).", _one(lambda f: f.resting)),
    Metric("ventral_uptime_seconds", "gauge", "Time since the show began.", _one(lambda f: f.uptime)),
    Metric("ventral_rate_fps", "gauge", "Rate over the last second.", _by("stage", lambda f: f.rates)),
    Metric("ventral_pictures_total", "counter", "Pictures of each stage.", _by("stage", lambda f: f.totals)),
    Metric("ventral_failed_canvases_total", "counter", "Canvases whose view failed.", _one(lambda f: f.failed)),
    Metric("ventral_frame_age_seconds", "gauge", "Age of the newest frame of the source.", _one(lambda f: f.frame_age)),
    Metric("ventral_canvas_age_seconds", "gauge", "Age of the newest canvas.", _one(lambda f: f.canvas_age)),
    Metric("ventral_source_lost", "gauge", "1 while the source is missing.", _one(lambda f: bool(f.lost or f.waiting))),
    Metric(
        "ventral_source_reconnects_total", "counter", "Attempts to open a lost source.", _one(lambda f: f.reconnects)
    ),
    Metric("ventral_dropped_frames_total", "counter", "Frames left out.", _by("part", lambda f: f.dropped)),
    Metric("ventral_flash_limiter_active", "gauge", "1 while flashes are limited.", _one(lambda f: f.flashing)),
    Metric(
        "ventral_level_input_ratio",
        "gauge",
        "Share of the size of the network's input that is kept.",
        _one(lambda f: f.level.size),
    ),
    Metric(
        "ventral_level_dream_ratio",
        "gauge",
        "Share of the steps of a dream that is kept.",
        _one(lambda f: f.level.effort),
    ),
    Metric("ventral_level_int8", "gauge", "1 while the show gives up float32.", _one(lambda f: f.level.int8)),
    Metric(
        "ventral_level_canvases_per_result", "gauge", "Canvases that share a result.", _one(lambda f: f.level.every)
    ),
    Metric("ventral_provider_fallback", "gauge", "1 where no GPU is used.", _one(lambda f: bool(f.fallback))),
    Metric(
        "ventral_output_failed",
        "gauge",
        "1 where an output has failed.",
        _by("output", lambda f: {name: bool(fault) for name, fault in f.faults.items()}),
    ),
    Metric(
        "ventral_log_messages_total",
        "counter",
        "Warnings and errors in the log.",
        lambda _, last: [({"level": "warning"}, last.warnings), ({"level": "error"}, last.errors)],
    ),
    Metric(
        "ventral_last_error_timestamp_seconds",
        "gauge",
        "Time of the last warning or error, since 1970; 0 for none.",
        lambda _, last: [({}, last.time)],
    ),
    Metric(
        "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", _one(lambda f: f.resident_bytes)
    ),
)


def exposition(figures: Figures, last: LastError) -> str:
    """All metrics, with a HELP and a TYPE line each."""
    return "\n".join(line for metric in METRICS for line in _lines(metric, figures, last)) + "\n"


def _lines(metric: Metric, figures: Figures, last: LastError) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.help}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for labels, value in metric.samples(figures, last):
        text = ",".join(f'{name}="{_escaped(label)}"' for name, label in labels.items())
        yield f"{metric.name}{{{text}}} {_number(value)}" if text else f"{metric.name} {_number(value)}"


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(float(value))
