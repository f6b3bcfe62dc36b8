"""Calls the service manager of this user, systemd."""

import shutil
import subprocess
from collections.abc import Sequence

from models.errors import SetupError

PATIENCE = 60.0  # seconds for one call


def works() -> bool:
    """Whether the service manager of this user answers."""
    return shutil.which("systemctl") is not None and _run("systemctl", "--user", "show-environment")[0] == 0


def environment() -> dict[str, str]:
    """What the manager gives to services, such as the DISPLAY that the desktop has told it."""
    lines = _run("systemctl", "--user", "show-environment")[1].splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def is_active(unit: str) -> bool:
    """Whether a unit is active now."""
    return _run("systemctl", "--user", "is-active", "--quiet", unit)[0] == 0


def call(*words: str) -> None:
    """Call systemctl; SetupError with its last line where that fails."""
    status, output = _run("systemctl", "--user", *words)
    if status != 0:
        reason = output.strip().splitlines()[-1] if output.strip() else f"status {status}"
        raise SetupError(f"systemctl --user {' '.join(words)}: {reason}")


def properties(unit: str, names: Sequence[str]) -> dict[str, str]:
    """Properties of a unit, by name."""
    lines = _run("systemctl", "--user", "show", unit, f"--property={','.join(names)}")[1].splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def last_lines(unit: str, count: int) -> str:
    """The newest lines of a unit in the journal; empty where there is none."""
    if shutil.which("journalctl") is None:
        return ""
    words = (
        "journalctl",
        "--user",
        f"--unit={unit}",
        f"--lines={count}",
        "--no-pager",
        "--quiet",
        "--output=short-iso",
    )
    return _run(*words)[1]


def _run(*command: str) -> tuple[int, str]:
    """Exit status and output of a command; SetupError where it does not answer."""
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, check=False, text=True
        )
    except subprocess.TimeoutExpired as error:
        raise SetupError(f"{' '.join(command)} did not answer within {PATIENCE:g} s") from error
    return done.returncode, done.stdout
