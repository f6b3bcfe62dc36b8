from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PROGRAM = """
import atexit, sys
import scripts.__main__ as entry
load = entry.keep_streams
entry.keep_streams = lambda: (load(), atexit.register(lambda: sys.stdout.write("last words")))
entry.program()
"""


def test_the_end_is_quick_and_loses_nothing() -> None:
    """What is to be done at the end is done, what was printed is written, and the status is that of the command."""
    for arguments, code in ((["nonsense"], 2), (["--version"], 0)):
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert ran.returncode == code
        assert ran.stdout.endswith("last words")
        assert code == 0 or "unknown command 'nonsense'" in ran.stderr
