"""The unit of a show: read back by systemd itself, and never in the place of somebody else's."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from realtime.supervision.service.unit import MARK, Unit, quoted
from scripts.cli import status

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd runs on Linux")

ODD = ["50% of it", "$HOME", 'a "b" c', "back\\slash", "semi;colon", ";", "tab\tline\nend", "ö", "", "-x=1", "'", "%n"]


def unit(*words: str, folder: Path = Path("/"), in_session: bool = False) -> Unit:
    return Unit(["/bin/true", *words], folder, {"DISPLAY": ":0", "ODD": 'a "b" %c $d'}, in_session)


def read_as_systemd(text: str) -> list[str]:
    """Words of ExecStart without quotes, escapes, specifiers and variables (systemd.syntax(7)); one rule each."""
    words = shlex.shlex(text.replace("\\t", "\t").replace("\\n", "\n"), posix=True, punctuation_chars=False)
    words.whitespace_split, words.commenters = True, ""
    return [word.replace("%%", "%").replace("$$", "$") for word in words]


def test_odd_words_come_back() -> None:
    line = next(line for line in unit(*ODD).text.splitlines() if line.startswith("ExecStart="))
    assert read_as_systemd(line.removeprefix("ExecStart=")) == ["/bin/true", *ODD]
    assert quoted("a\udcffb") == r'"a\xffb"' and quoted("\x07") == r'"\x07"'


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("in_session", [True, False])
def test_systemd_finds_nothing_wrong(tmp_path: Path, in_session: bool) -> None:
    path = tmp_path / "ventral.service"
    path.write_text(unit(*ODD, folder=tmp_path, in_session=in_session).text, "utf-8")
    command = ["systemd-analyze", "--user", "verify", "--man=no", str(path)]
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)
    complaints = [line for line in done.stderr.splitlines() if "ventral" in line]
    assert not complaints
    assert done.returncode == 0, done.stderr


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home where no systemd answers; it is the current folder too."""
    for name in ("XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_unit_is_printed_written_and_removed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "systemd" / "user" / "ventral.service"
    assert status(["service", "install", "--dry-run", "--", "--source", "pattern"]) == 0
    printed = capsys.readouterr().out
    assert not path.exists()
    assert f"supervise -- live --kiosk --source pattern\nWorkingDirectory={home}\n" in printed
    assert "WatchdogSec=" in printed and "Restart=always" in printed
    assert status(["service", "install", "--", "--source", "pattern"]) == 2
    assert "systemctl --user enable --now" in capsys.readouterr().err
    assert path.read_text() == printed
    wants = path.parent / "default.target.wants"
    wants.mkdir()
    (wants / path.name).symlink_to(path)
    assert status(["service", "remove"]) == 0
    assert not path.exists() and not (wants / path.name).is_symlink()


def test_wrong_words_and_units_of_others_are_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "systemd" / "user" / "ventral.service"
    path.parent.mkdir(parents=True)
    path.write_text(f"[Unit]\nDescription=mine\n{MARK}\n")
    refused = {
        ("install",): "was not written by ventral service",
        ("remove",): "was not written by ventral service",
        ("status",): "was not written by ventral service",
        ("install", "--", "--fps", "4000"): "--fps takes 5 to 120",
        ("status", "--", "--fps", "30"): "takes no options",
    }
    for words, said in refused.items():
        assert status(["service", *words]) == 2
        errors = capsys.readouterr().err
        assert said in errors and errors.count("\n") == 1
    assert path.read_text().startswith("[Unit]\nDescription=mine")
    path.unlink()
    assert status(["service", "status"]) == 2
    assert "there is no" in capsys.readouterr().err
