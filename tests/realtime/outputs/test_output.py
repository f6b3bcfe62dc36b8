"""The seam of outputs: a new one is a class and a row; one that fails leaves the show alone."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from models.errors import OutputError, SettingError, SetupError
from realtime.imaging.frame import Frame, Image
from realtime.outputs.none import NoOutput
from realtime.outputs.output import ClockedOutput
from realtime.outputs.registry import OUTPUTS, find_output
from realtime.outputs.snapshots import SnapshotWriter
from realtime.show.app import run
from realtime.show.options import LiveOptions
from realtime.threads.mailbox import Mailbox
from tests.realtime.outputs.recording.films import flags, read_film
from tests.realtime.waiting import soon


class Counter(ClockedOutput):
    """An output that the program has never heard of."""

    name = "counter"
    rate = 100.0
    events: ClassVar[list[object]] = []

    def open(self) -> None:
        self.events.append("open")

    def write(self, image: Image) -> None:
        self.events.append((image.shape, threading.current_thread().name))

    def close(self) -> None:
        self.events.append("close")


class Broken(ClockedOutput):
    """Its driver gives up at the second canvas."""

    name = "broken"
    rate = 100.0

    def __init__(self, canvases: Mailbox[Frame], canvas_hw: tuple[int, int]) -> None:
        super().__init__(canvases, canvas_hw)
        self._count = 0

    def write(self, image: Image) -> None:
        self._count += 1
        if self._count == 2:
            raise RuntimeError("the cable came out")


class Elsewhere(NoOutput):
    """Needs what this machine lacks."""

    name = "elsewhere"

    @classmethod
    def require(cls) -> None:
        raise SetupError("no such driver here")


def report_of_show(tmp_path: Path, *sinks: str, frames: int = 30) -> dict[str, dict[str, object]]:
    """Run the real show to some outputs; what the report says of each."""
    report = tmp_path / "r.json"
    small = {"canvas": "320x240", "size": 64, "provider": "cpu"}
    run(LiveOptions(source="pattern", sink=sinks, frames=frames, report=report, force=True, **small))  # type: ignore[arg-type]
    facts = json.loads(report.read_text())
    assert facts["frames"] >= frames
    return {each["name"]: each for each in facts["outputs"]}


def test_a_new_output_is_a_class_and_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OUTPUTS, "counter", Counter)
    monkeypatch.setattr(Counter, "events", [])
    outputs = report_of_show(tmp_path, "none", "counter")
    assert set(outputs) == {"none", "counter", "recorder", "snapshot"}
    first, *canvases, last = Counter.events
    assert (first, last) == ("open", "close")
    assert canvases and set(canvases) == {((240, 320, 3), "counter")}
    assert outputs["counter"]["state"] == "on" and float(str(outputs["counter"]["fps"])) > 0


def test_an_output_that_fails_leaves_the_show_and_the_others_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(OUTPUTS, "broken", Broken)
    monkeypatch.setitem(OUTPUTS, "counter", Counter)
    monkeypatch.setattr(Counter, "events", [])
    outputs = report_of_show(tmp_path, "broken", "counter", frames=40)
    assert (outputs["broken"]["state"], outputs["counter"]["state"]) == ("failed", "on")
    assert outputs["broken"]["fault"] == "broken failed: the cable came out"
    assert caplog.text.count("the show goes on without it") == 1


def test_unknown_and_impossible_outputs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingError, match="--sink takes window or none, but got 'wall'"):
        find_output("wall")
    monkeypatch.setitem(OUTPUTS, "elsewhere", Elsewhere)
    with pytest.raises(SetupError, match="no such driver here"):
        find_output("elsewhere")


def test_snapshots_are_exact_and_none_replaces_another(tmp_path: Path) -> None:
    canvases: Mailbox[Frame] = Mailbox()
    with SnapshotWriter(canvases, folder=tmp_path) as stills:
        with pytest.raises(OutputError, match="nothing to save yet"):
            stills.save()
        images = [flags(step=step) for step in range(4)]
        paths = []
        for number, image in enumerate(images):
            canvases.put(Frame(image, number, time.monotonic()))
            paths.append(stills.save())
        assert stills.finished(10)
        assert stills.saved in paths and not stills.fault
    for image, path in zip(images, paths, strict=True):
        assert np.array_equal(read_film(path)[0][0], image)


def test_a_snapshot_that_cannot_be_written_is_a_fault_and_the_next_one_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvases: Mailbox[Frame] = Mailbox()
    canvases.put(Frame(flags(), 0, time.monotonic()))
    with (
        SnapshotWriter(canvases, folder=tmp_path / "missing") as stills,
        pytest.raises(OutputError, match="no such folder"),
    ):
        stills.save()

    def full(path: Path, **_: object) -> None:
        raise OutputError(f"cannot write {path}: no space left")

    with SnapshotWriter(canvases, folder=tmp_path) as stills:
        with monkeypatch.context() as patch:
            patch.setattr("realtime.outputs.snapshots.open_writer", full)
            stills.save()
            assert soon(lambda: stills.state == "failed")
        assert "no space left" in stills.fault
        path = stills.save()
        assert soon(lambda: stills.saved == path)
        assert not stills.fault
