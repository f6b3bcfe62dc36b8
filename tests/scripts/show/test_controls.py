"""`ventral controls` lists values, not actions."""

from __future__ import annotations

import pytest

from scripts.cli import status


def test_every_control_of_a_group_is_listed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert status(["controls", "dream"]) == 0
    printed = capsys.readouterr().out
    assert {"dream/zoom", "dream/strength", "dream/preset"} <= {
        line.split()[0] for line in printed.splitlines() if line
    }
    assert "tiles/" not in printed
    assert status(["controls"]) == 0
    printed = capsys.readouterr().out
    assert "tiles/contrast" in printed
    assert "do/quit" not in printed


def test_a_group_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert status(["controls", "drem"]) == 2
    assert "unknown group 'drem'; expected one of: show, " in capsys.readouterr().err
