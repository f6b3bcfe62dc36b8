"""The entry point of the program, `ventral` and `python -m scripts`.

It handles Ctrl-C before the libraries are loaded, which takes a second: a KeyboardInterrupt inside of them would end
in a traceback, another exit status or a crash. Nothing has started yet, so the program can simply exit.
"""

from __future__ import annotations

import atexit
import os
import sys
from types import FrameType

from realtime.threads.signals import on_stop, take_signals
from scripts.common.streams import keep_streams


def program() -> None:
    """Run `main`, and end the process as soon as all is written.

    Python takes down everything piece by piece, which took nine seconds of a show on a busy machine.
    """
    atexit.register(lambda: _leave(code))  # the first to be registered is the last to run
    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else code
        raise


def main() -> None:
    """Load the table of commands and run one."""
    keep_streams()
    on_stop(_exit)
    take_signals()
    from scripts.cli import main as run

    run()


def _exit(_signal: int, _frame: FrameType | None) -> None:
    os.write(2, b"ventral: stopped before it had started\n")
    os._exit(2)


def _leave(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    program()
