"""Installs the service, tells how it is, and removes it; a unit that somebody else has written is never touched."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.errors import OutputError, SetupError
from models.files import write_atomically
from realtime.supervision.service import systemctl
from realtime.supervision.service.unit import MARK, SESSION, Unit

NAME = "ventral.service"
DISPLAY = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY")
LINES = 10  # of the log in the status
BY_HAND = f"systemctl --user daemon-reload && systemctl --user enable --now {NAME}"


def unit_path() -> Path:
    """Where the unit of this user is."""
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder) / "systemd" / "user" / NAME


def unit_of(command: Sequence[str]) -> Unit:
    """The unit that runs `ventral` with these words, in the current folder and on the present display.

    Where systemd manages the graphical session, that tells services the display; else the unit names it.
    """
    _require_linux()
    folder = Path.cwd()
    if not str(folder).isprintable():
        raise SetupError(
            "systemd cannot run a service in this folder, whose name has control characters; use another folder"
        )
    in_session = systemctl.works() and systemctl.is_active(SESSION)
    here = {name: os.environ[name] for name in DISPLAY if os.environ.get(name)}
    environment = {} if in_session else here or {"DISPLAY": ":0"}
    return Unit([sys.executable, "-P", "-m", "scripts", *command], folder, environment, in_session)


def install(unit: Unit) -> None:
    """Write the unit and start it, now and from now on; SetupError where it cannot be started here."""
    path = unit_path()
    if path.exists():
        _require_ours(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, unit.text.encode())
    if not systemctl.works():
        raise SetupError(
            f"{path} is written, but systemd does not answer here; log in on the machine, and run: {BY_HAND}"
        )
    systemctl.call("daemon-reload")
    systemctl.call("enable", NAME)
    systemctl.call("restart", NAME)


def status() -> Iterator[str]:
    """The state of the service and its last log lines; SetupError where it is not installed or does not run."""
    _require_installed()
    if not systemctl.works():
        raise SetupError("systemd does not answer here; log in on the machine where the show runs")
    found = systemctl.properties(
        NAME, ("ActiveState", "SubState", "UnitFileState", "ActiveEnterTimestamp", "NRestarts", "StatusText")
    )
    state = found.get("ActiveState", "unknown")
    yield f"{NAME}: {state} ({found.get('SubState')}), {found.get('UnitFileState')}"
    runs = state in ("active", "activating", "reloading")
    for name, words in (("ActiveEnterTimestamp", "since"), ("NRestarts", "restarts"), ("StatusText", "now")):
        if runs and found.get(name):
            yield f"{words}: {found[name]}"
    yield from systemctl.last_lines(NAME, LINES).splitlines()
    if not runs:
        raise SetupError(f"the service is not running; start it: systemctl --user restart {NAME}")


def remove() -> None:
    """Stop the service and delete its unit."""
    path = _require_installed()
    if systemctl.works():
        systemctl.call("disable", "--now", NAME)
    for link in path.parent.glob(f"*.wants/{NAME}"):
        link.unlink()
    path.unlink()
    if systemctl.works():
        systemctl.call("daemon-reload")


def _require_installed() -> Path:
    _require_linux()
    path = unit_path()
    if not path.exists():
        raise SetupError(f"there is no {path}; install the service: ventral service install -- OPTIONS")
    return _require_ours(path)


def _require_ours(path: Path) -> Path:
    """Raise OutputError for a unit that somebody else has written."""
    if not path.read_text("utf-8", errors="replace").startswith(MARK):
        raise OutputError(f"{path} was not written by ventral service; move it away, or delete it yourself")
    return path


def _require_linux() -> None:
    if sys.platform != "linux":
        raise SetupError(
            "ventral service needs systemd, on Linux; docs/installations.md shows how to start a show here"
        )
