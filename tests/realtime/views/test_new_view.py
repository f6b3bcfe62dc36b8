"""A new view is one new file, with its key, its values and its action; nothing else is edited."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from models.importing.open_network import open_network
from realtime import views
from realtime.overlay.help import help_lines
from realtime.show.app import run
from realtime.show.options import LiveOptions
from realtime.views.registry import find_views
from scripts.common.all_controls import all_controls

FILE = """
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from realtime.controls.action import action
from realtime.controls.value import KeyBinding, value
from realtime.views.view import Rendered, View


@dataclass(frozen=True, slots=True)
class InkSettings:
    group: ClassVar[str] = "ink"
    level: int = value(100, "brightness", KeyBinding(("+",), "step", "more ink", 50), high=250)


class InkView(View):
    name = "ink"
    bind = KeyBinding(("I",), "set", "ink: one flat colour", "ink")
    settings = (InkSettings,)

    def render(self, scene):
        return Rendered(np.full((*scene.panel_hw, 3), scene.settings[InkSettings].level, np.uint8))

    @action("ink/flood", "J", help="all the ink there is")
    def flood(self, controls):
        controls.set("ink/level", 250)


VIEW = InkView
"""


@pytest.fixture
def ink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file `ink.py` among the views."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "ink.py").write_text(FILE)
    monkeypatch.setattr(views, "__path__", [*views.__path__, str(tmp_path / "more")])
    monkeypatch.delitem(sys.modules, "realtime.views.ink", raising=False)


@pytest.mark.usefixtures("ink")
def test_its_keys_values_and_action_appear_by_themselves() -> None:
    assert "ink" in [view.name for view in find_views()]
    controls = all_controls(open_network("world").info)
    lines = dict(help_lines(controls))
    assert (lines["I"], lines["+"], lines["J"]) == ("ink: one flat colour", "more ink", "all the ink there is")
    controls.press("I")
    controls.press("J")
    assert (controls.value("show/view"), controls.value("ink/level")) == ("ink", 250)


@pytest.mark.usefixtures("ink")
def test_the_show_draws_it(tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    run(
        LiveOptions(
            source="pattern",
            sink=("none",),
            frames=3,
            view="ink",
            set=("ink/level=50",),
            canvas="320x240",
            size=64,
            provider="cpu",
            report=report,
        )
    )
    facts = json.loads(report.read_text())
    assert (facts["view"], facts["controls"]["ink/level"], facts["failed_frames"]) == ("ink", 50, 0)
