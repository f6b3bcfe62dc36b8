"""The text of a unit for systemd (systemd.service(5)): what it runs, and when."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MARK = "# Written by ventral service install; ventral service remove deletes it."
SESSION = "graphical-session.target"  # active while somebody is logged in, in a desktop that systemd manages
ALWAYS = "default.target"

_ESCAPES = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\t": r"\t", "%": "%%"}


@dataclass(frozen=True, slots=True)
class Unit:
    """A service that runs `command` in `folder`; with `in_session`, for as long as the graphical session lasts."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    in_session: bool

    @property
    def text(self) -> str:
        """The content of the unit's file.

        The show gets the first SIGTERM alone, and time to finish a recording. systemd never gives up: a camera or a
        display may come hours later.
        """
        session = [f"PartOf={SESSION}", f"After={SESSION}"] if self.in_session else []
        program, *words = self.command
        lines = [
            MARK,
            "[Unit]",
            "Description=Ventral, a live show",
            "StartLimitIntervalSec=0",
            *session,
            "",
            "[Service]",
            "Type=notify",
            " ".join([f"ExecStart={quoted(program)}", *(quoted(word).replace("$", "$$") for word in words)]),
            f"WorkingDirectory={str(self.folder).replace('%', '%%')}",
            *(f"Environment={quoted(f'{name}={value}')}" for name, value in self.environment.items()),
            "Restart=always",
            "RestartSec=2",
            "WatchdogSec=30",
            "KillMode=mixed",
            "TimeoutStopSec=30",
            "",
            "[Install]",
            f"WantedBy={SESSION if self.in_session else ALWAYS}",
        ]
        return "\n".join(lines) + "\n"


def quoted(word: str) -> str:
    """A word as systemd reads it, in quotes if needed.

    Control characters, and bytes that are no UTF-8, become escapes.
    """
    if re.fullmatch(r"[\w./:=,@+-]+", word, re.ASCII):
        return word
    return f'"{"".join(map(_escaped, word))}"'


def _escaped(character: str) -> str:
    code = ord(character)
    if character in _ESCAPES:
        return _ESCAPES[character]
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8, as Python keeps it in names of files
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x20 or code == 0x7F else character
