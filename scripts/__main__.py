"""The program's entry, `ventral` and `python -m scripts`: it hears Ctrl-C before anything else is loaded.

Libraries take a second to load, and a KeyboardInterrupt inside of them ends in tracebacks, in other exit statuses, or
in a crash. Until they are there nothing has been begun, so the program can simply end.
"""

from __future__ import annotations

import os
import signal
from types import FrameType


def main() -> None:
    """Load the table of commands and run one."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _leave)
    from scripts.cli import main as run

    run()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    os.write(2, b"ventral: stopped before it had begun\n")
    os._exit(2)


if __name__ == "__main__":
    main()
