"""The entry point of the program, `ventral` and `python -m scripts`.

It handles Ctrl-C before the libraries are loaded, which takes a second: a KeyboardInterrupt inside of them would end
in a traceback, another exit status or a crash. Nothing has started yet, so the program can simply exit.
"""

from __future__ import annotations

import os
from types import FrameType

from realtime.threads.signals import on_stop, take_signals
from scripts.common.streams import keep_streams


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


if __name__ == "__main__":
    main()
