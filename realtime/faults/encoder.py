"""An encoder that is killed when that is ordered: on Linux, where child processes can be listed."""

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

from realtime.faults.fault import Faults


def kill_encoders(faults: Faults) -> None:
    """Kill the ffmpeg processes of this process at the times that are ordered, on a thread of its own."""
    times = sorted(fault.begin for fault in faults.of("encoder"))
    if times:
        threading.Thread(target=_kill_at, args=(times, faults), name="faults", daemon=True).start()


def _kill_at(times: list[float], faults: Faults) -> None:
    for each in times:
        time.sleep(max(each - faults.seconds, 0.0))
        for process_id in _encoders():
            with suppress(ProcessLookupError):
                os.kill(process_id, signal.SIGKILL)


def _encoders() -> list[int]:
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    numbers = [int(number) for file in children for number in file.read_text().split()]
    return [number for number in numbers if "ffmpeg" in Path(f"/proc/{number}/comm").read_text()]
