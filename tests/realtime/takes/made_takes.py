"""Takes made for tests, without a show, and what an independent reader finds in a take."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

from models.importing.open_network import open_network
from realtime.controls.controls import Controls
from realtime.controls.value import Scalar
from realtime.imaging.frame import Image
from realtime.saved_settings.show_record import ShowRecord, show_record
from realtime.show.make_controls import make_controls
from realtime.takes.take_file import Change, Line
from realtime.takes.take_writer import TakeWriter
from realtime.views.registry import find_views

FPS = 10.0


def world_controls() -> Controls:
    return make_controls(open_network("world").info, find_views())


def record_of_world(values: dict[str, Scalar] | None = None) -> ShowRecord:
    """How a small show with the bundled network begins."""
    options: dict[str, str | int | None] = {"canvas": "320x180", "size": 64, "precision": "auto"}
    record = show_record("live", open_network("world"), "auto", options, source="pattern", fps=FPS)
    return dataclasses.replace(record, values=world_controls().values() | (values or {}))


def make_take(
    path: Path, images: Sequence[Image], changes: Iterable[tuple[int, dict[str, Scalar]]] = (), **values: Scalar
) -> Path:
    """A take with ten pictures per second; `changes` are those before the picture of that number."""
    before = list(changes)
    with path.open("wb") as file:
        writer = TakeWriter(file.fileno(), record_of_world(values).to_json(), size_wh=images[0].shape[1::-1], fps=FPS)
        for number, image in enumerate(images):
            time = number / FPS
            line = Line(number, time, tuple(Change(time, each) for place, each in before if place == number))
            writer.write(image, line)
        writer.close()
    return path


def moving(count: int, size_hw: tuple[int, int] = (120, 160)) -> list[Image]:
    """A photograph-like picture that moves."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
    large = np.kron(small, np.ones((size_hw[0] // 12, size_hw[1] // 16, 1), np.uint8))
    return [np.ascontiguousarray(np.roll(large, 2 * number, axis=1)) for number in range(count)]


def read(path: Path) -> tuple[list[Image], list[float], list[dict[str, Any]], dict[str, Any]]:
    """The pictures with their times, the lines of text, and the tag of a take, by PyAV alone."""
    images, times, lines = list[Image](), list[float](), list[dict[str, Any]]()
    with av.open(str(path)) as container:
        video, text = container.streams.video[0], container.streams.subtitles[0]
        for packet in container.demux(video, text):
            if packet.stream is text and packet.size:
                lines.append(json.loads(bytes(packet)))
            elif packet.stream is video:
                for frame in video.decode(packet):
                    images.append(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8))
                    times.append(float(frame.time or 0.0))
        return images, times, lines, json.loads(container.metadata["VENTRAL"])
