"""Encoders that are killed, or stopped for a while, by `--fault`: on Linux, where processes can be listed."""

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

from realtime.faults.fault import Fault, Faults


def let_encoders_fail(faults: Faults) -> None:
    """Send signals to the ffmpeg processes of this process at the times of the faults, on a thread of its own."""
    ordered = sorted(signal for fault in faults.of("encoder") for signal in _signals(fault))
    if ordered:
        threading.Thread(target=_send, args=(ordered, faults), name="faults", daemon=True).start()


def _signals(fault: Fault) -> list[tuple[float, signal.Signals]]:
    """When to send which signal."""
    if fault.kind == "killed":
        return [(fault.begin, signal.SIGKILL)]
    return [(fault.begin, signal.SIGSTOP), (fault.end, signal.SIGCONT)]


def _send(ordered: list[tuple[float, signal.Signals]], faults: Faults) -> None:
    for moment, number in ordered:
        time.sleep(max(moment - faults.seconds, 0.0))
        for process_id in _encoders():
            with suppress(ProcessLookupError):
                os.kill(process_id, number)


def _encoders() -> list[int]:
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    numbers = [int(number) for file in children for number in file.read_text().split()]
    return [number for number in numbers if "ffmpeg" in Path(f"/proc/{number}/comm").read_text()]
