"""The table of commands, and how they end: 0 done, 2 the user's input or machine is wrong, 1 our fault."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module
from types import FrameType
from typing import Annotated, Any, NoReturn

import cyclopts

import realtime  # noqa: F401, sets what OpenCV and ONNX Runtime read when they are imported
from models.errors import SetupError, VentralError
from realtime.threads.signals import STOPS

LONGEST = 600
"""Characters of an error."""

ROOMS = {
    "show": ("live", "render", "controls", "cameras"),
    "pictures": ("story", "maps", "filters", "dream", "maximize", "gradcam"),
    "networks": ("train", "export", "layers"),
    "machine": ("doctor", "bench"),
}
"""Every command, by the package of `scripts` that it is a file of."""

COMMANDS = {name: f"scripts.{room}.{name}" for room, names in ROOMS.items() for name in names}
"""Every command, with its module."""

DEFAULT = "live"
"""The command that runs where none is named."""


def load(name: str) -> Callable[..., None]:
    """The function of a command; where a library cannot be loaded, one that says so, and that doctor knows more."""
    try:
        command: Callable[..., None] = getattr(import_module(COMMANDS[name]), name)
    except ImportError as error:
        words = f"cannot run '{name}': {error}; run: ventral doctor"

        def command(*_: Annotated[str, cyclopts.Parameter(allow_leading_hyphen=True)]) -> None:
            raise SetupError(words)

        command.__name__ = name
    return command


def commands(arguments: Sequence[str]) -> cyclopts.App:
    """The commands that the arguments may mean: all where help is asked for, else only the one to run is loaded."""
    app = cyclopts.App(
        name="ventral",
        help="Point a camera at the world and watch a convolutional network see it, live.",
        version_flags=["--version"],
        suppress_keyboard_interrupt=False,
        default_parameter=cyclopts.Parameter(negative=()),
        help_format="markdown",
    )
    first = arguments[0] if arguments else ""
    for name in COMMANDS if first in app.help_flags else [name for name in COMMANDS if name == first]:
        app.command(load(name), name=name)
    if first not in COMMANDS:
        app.default(load(DEFAULT))
    return app


def main() -> NoReturn:
    """Run one command and exit with its status; an error the user can mend is one line on stderr.

    SIGTERM stops work as Ctrl-C does, which tidies up; either comes too late once the work is over.
    """
    logging.basicConfig(level=logging.INFO, format="ventral: %(message)s", stream=sys.stderr)
    arguments = sys.argv[1:]
    app = commands(arguments)
    _heed(signal.default_int_handler)
    code = status(arguments, app)
    _heed(signal.SIG_IGN)
    sys.exit(code)


def _heed(handler: Callable[[int, FrameType | None], Any] | signal.Handlers) -> None:
    for each in STOPS:
        signal.signal(each, handler)


def status(arguments: Sequence[str], app: cyclopts.App | None = None) -> int:
    """Run one command and return its exit status."""
    if arguments and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
        return _complain(_no_command(arguments[0]))
    try:
        (app or commands(arguments))(
            list(arguments), exit_on_error=False, print_error=False, result_action="return_value"
        )
        sys.stdout.flush()
    except VentralError as error:
        return _complain(str(error))
    except cyclopts.UnusedCliTokensError as error:
        return _complain(f"nobody knows what to do with {' '.join(error.unused_tokens or [])} (see: ventral --help)")
    except cyclopts.CycloptsError as error:
        command = f"{arguments[0]} " if arguments and arguments[0] in COMMANDS else ""
        return _complain(f"{error} (see: ventral {command}--help)")
    except KeyboardInterrupt:
        return _complain("stopped before it was done")
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        return _complain(f"{what}{error.strerror or error}; choose another place or name")
    return 0


def _no_command(word: str) -> str:
    alike = get_close_matches(word, COMMANDS, n=1)
    hint = f"did you mean {alike[0]}?" if alike else f"to show a film or a picture: ventral --source {word}"
    return f"there is no command '{word}'; {hint} (see: ventral --help)"


def _complain(message: str) -> int:
    """Say what is wrong in one line that is not too long."""
    line = " ".join(message.split())
    print(f"ventral: {line if len(line) <= LONGEST else line[:LONGEST] + ' ...'}", file=sys.stderr)
    return 2
