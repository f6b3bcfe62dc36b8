"""What the status line says of the parts of a show."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from realtime.capture.feed import Capture
from realtime.capture.pattern import Pattern
from realtime.capture.source import Source
from realtime.imaging.frame import Frame
from realtime.inference.engine import Engine
from realtime.outputs.recorder import Recorder
from realtime.outputs.recording_commands import RecordingCommands
from realtime.outputs.snapshots import SnapshotWriter
from realtime.overlay.hud import Status
from realtime.pace.meter import Meter
from realtime.show import status
from realtime.show.parts import Parts
from realtime.show.setup import RenderSetup
from realtime.show.status import StatusLine
from realtime.threads.mailbox import Mailbox
from realtime.views.registry import find_views
from tests.realtime.show.stage import NETWORK, Stage, keeper_of
from tests.screen import until

WORDS = "No camera found. Plug one in."


class NoCamera(Pattern):
    """Moving pictures in place of a camera."""

    notice = WORDS


def test_no_camera_is_a_card_for_a_while_and_then_only_on_the_status_line(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "CARD_FOR", 1.0)
    monkeypatch.setattr(status, "FIGURES_FOR", 0.0)
    stage, drawn = Stage(engine), Mailbox[Frame]()
    canvas = stage.draw()

    def opener() -> Source:
        return NoCamera()

    with (
        Capture(opener, Mailbox[Frame](), retry=False) as capture,
        Recorder(drawn, folder=tmp_path, gif_fps=20) as recorder,
        SnapshotWriter(drawn, folder=tmp_path) as stills,
    ):
        commands = RecordingCommands(recorder, stills, force=False)
        setup = RenderSetup(NETWORK, find_views(), stage.controls)
        parts = Parts(setup, capture, engine, recorder, commands, (recorder, stills))
        line = StatusLine(NETWORK.info, Meter(), stage.controls, stage.keeper)

        def said() -> Status:
            return line.at(canvas, parts, "")

        assert said().card == WORDS
        until(lambda: not said().card, "the picture without the card")
        assert said().notice == "No camera found"


def test_the_status_line_says_what_is_given_up_to_hold_the_rate(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "FIGURES_FOR", 0.0)
    stage, drawn = Stage(engine), Mailbox[Frame]()
    canvas, began = stage.draw(), time.monotonic()
    with (
        Capture(Pattern, Mailbox[Frame](), retry=False) as capture,
        Recorder(drawn, folder=tmp_path, gif_fps=20) as recorder,
        SnapshotWriter(drawn, folder=tmp_path) as stills,
    ):
        commands = RecordingCommands(recorder, stills, force=False)
        setup = RenderSetup(NETWORK, find_views(), stage.controls)
        parts = Parts(setup, capture, engine, recorder, commands, (recorder, stills))
        keeper = keeper_of(stage.controls, now=began)
        line = StatusLine(NETWORK.info, Meter(), stage.controls, keeper)
        assert line.at(canvas, parts, "").notice == ""
        for number in range(60):
            keeper.result(began + number / 30, 4 / 30)
        assert keeper.words
        assert line.at(canvas, parts, "").notice == f"holding 30 fps: {keeper.words}"
