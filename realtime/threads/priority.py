"""The priority of a thread."""

import os
import sys
import threading
from contextlib import suppress

LOW = 10
"""The niceness of what the show must not wait for."""


def lower_priority() -> None:
    """Give the calling thread a low priority, where the operating system has priorities of threads."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOW)
