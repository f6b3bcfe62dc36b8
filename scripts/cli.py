"""The table of commands and their exit statuses: 0 success, 1 a bug, 2 wrong input or a problem of the machine."""

import logging
import math
import signal
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module, metadata
from typing import Annotated, Any, NoReturn

import cyclopts

import realtime  # noqa: F401, sets what OpenCV and ONNX Runtime read when they are imported
from models.errors import SetupError, VentralError, is_out_of_memory, one_line
from realtime.threads.signals import on_stop
from scripts.common.cli_errors import explain, without_traceback

LONGEST = 1500  # characters of an error message

GROUPS = {
    "Show": ("show", ("live", "render", "supervise", "service", "controls", "cameras")),
    "Pictures and videos": (
        "pictures",
        ("story", "maps", "filters", "dream", "maximize", "features", "gradcam", "atlas"),
    ),
    "Networks": ("networks", ("fetch", "train", "export", "layers")),
    "This machine": ("machine", ("doctor", "bench")),
}
"""The groups of the help: the package of `scripts`, and its commands, one module each."""

COMMANDS = {name: f"scripts.{package}.{name}" for package, names in GROUPS.values() for name in names}

DEFAULT = "live"  # the command that runs if none is named


def load(name: str) -> Callable[..., None]:
    """The function of a command; if a library cannot be loaded, a function that raises SetupError."""
    try:
        command: Callable[..., None] = getattr(import_module(COMMANDS[name]), name)
    except ImportError as error:
        message = f"cannot run '{name}': {error}; run: ventral doctor"

        def command(*_: Annotated[str, cyclopts.Parameter(allow_leading_hyphen=True)]) -> None:
            raise SetupError(message)

        command.__name__ = name
    return command


HELP = """Point a camera at the world and watch a convolutional network see it, live.

Without COMMAND, ventral runs live; the options below are those of live."""


def commands(arguments: Sequence[str]) -> cyclopts.App:
    """The app for some arguments: with all commands for --help, else with only the one to run, to start fast."""
    first = arguments[0] if arguments else ""
    app = cyclopts.App(
        name="ventral",
        help=HELP,
        version=lambda: metadata.version("ventral"),
        version_flags=["--version"],
        suppress_keyboard_interrupt=False,
        default_parameter=cyclopts.Parameter(negative=(), show_default=_default_text),
        group_parameters=cyclopts.Group("Options", sort_key=len(GROUPS)),
        group_commands=cyclopts.Group("Help and version", sort_key=math.inf),
        help_format="markdown",
    )
    for position, (title, (_, names)) in enumerate(GROUPS.items()):
        group = cyclopts.Group(title, sort_key=position)
        for name in names:
            if first in (name, *app.help_flags):
                app.command(load(name), name=name, group=group)
    if first not in COMMANDS:
        app.default(load(DEFAULT))
    return app


def _default_text(value: Any) -> str | None:
    """A default as the help shows it: None for a flag, for an empty list and for an option without one."""
    if value is None or value is False or value == ():
        return None
    return " ".join(value) if isinstance(value, tuple) else str(value)


def main() -> NoReturn:
    """Run one command and exit with its status; an error that the user can fix is one line on stderr.

    Ctrl-C and other signals stop the command, which cleans up; they are ignored once it is done.
    """
    logging.basicConfig(level=logging.INFO, format="ventral: %(message)s", stream=sys.stderr)
    logging.getLogger().handlers[0].addFilter(without_traceback)
    arguments = sys.argv[1:]
    app = commands(arguments)
    on_stop(signal.default_int_handler)
    code = status(arguments, app)
    on_stop(signal.SIG_IGN)
    sys.exit(code)


def status(arguments: Sequence[str], app: cyclopts.App | None = None) -> int:
    """Run one command and return its exit status."""
    if arguments and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
        return _fail(_unknown_command(arguments[0]))
    try:
        (app or commands(arguments))(
            list(arguments), exit_on_error=False, print_error=False, result_action="return_value"
        )
    except VentralError as error:
        return _fail(str(error))
    except cyclopts.CycloptsError as error:
        command = f"{arguments[0]} " if arguments and arguments[0] in COMMANDS else ""
        return _fail(f"{explain(error)} (see: ventral {command}--help)")
    except KeyboardInterrupt:
        return _fail("interrupted")
    except Exception as error:
        if is_out_of_memory(error):
            return _fail(f"{one_line(error)}; close other programs, or choose a smaller --canvas")
        if isinstance(error, RuntimeError) and "home directory" in str(error):
            return _fail("there is no home folder for settings and the cache; set HOME")
        if not isinstance(error, OSError):
            raise
        path = f"{error.filename}: " if error.filename else ""
        return _fail(f"{path}{error.strerror or error}; choose another file or folder")
    return 0


def _unknown_command(name: str) -> str:
    similar = get_close_matches(name, COMMANDS, n=1)
    hint = f"did you mean '{similar[0]}'?" if similar else f"to show a video or a picture: ventral --source {name}"
    return f"unknown command '{name}'; {hint} (see: ventral --help)"


def _fail(message: str) -> int:
    """Print a message as one line of limited length."""
    line = " ".join(message.split())
    print(f"ventral: {line if len(line) <= LONGEST else line[:LONGEST] + ' ...'}", file=sys.stderr)
    return 2
