"""A disk that is full while `--fault` says so."""

from pathlib import Path

from realtime.faults.fault import Faults
from realtime.outputs.recording import paths


def let_disk_fill(faults: Faults) -> None:
    """Let recordings find no room on their disk while the fault lasts."""
    if not faults.of("disk"):
        return
    measured = paths.free_bytes

    def free_bytes(folder: Path) -> int:
        return 0 if faults.now("disk") == "full" else measured(folder)

    paths.free_bytes = free_bytes
