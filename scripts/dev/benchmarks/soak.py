"""Runs a show for hours under random keys, and follows its memory, threads and open files.

`xvfb-run python -m scripts.dev.benchmarks.soak 7200 soak.csv --source clip.mp4 --loop` takes two hours; what follows
the name of the table are options of the show. Recordings, replays and snapshots are made too, in a folder that is
emptied, and every ten minutes the camera is lost for three seconds. `soak.png` is the curve beside the table. It needs
Linux, xdotool and matplotlib.
"""

import csv
import io
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from scripts.dev.benchmarks.random_keys import KEYS, SEED, click, press, resident_bytes, running_show

EVERY = 10.0  # seconds between two rows
PAUSE = 0.25  # seconds between two inputs
RECORDS = ("r", "e", "w")
SHARE = 40  # one input in so many records, one in a quarter of it is a click
LOST_EVERY, LOST_FOR = 600, 3  # seconds
CURVES = {"memory": "resident memory, MB", "threads": "threads", "files": "open files"}
WARM = 600.0  # seconds after which memory should not grow


@dataclass(frozen=True, slots=True)
class Row:
    """The state of a show: seconds since its start, inputs so far, resident memory in MB, threads, open files."""

    seconds: float
    inputs: int
    memory: float
    threads: int
    files: int


def soak(seconds: float, options: Sequence[str]) -> Iterator[Row]:
    """The state of a show every ten seconds."""
    faults = [f"--fault=camera:lost@{at}s+{LOST_FOR}s" for at in range(LOST_EVERY, int(seconds), LOST_EVERY)]
    with tempfile.TemporaryDirectory() as folder, running_show([*options, *faults, "--folder", folder]) as show:
        start, inputs, due = time.monotonic(), 0, 0.0
        chosen = random.Random(SEED)
        while (passed := time.monotonic() - start) < seconds and show.poll() is None:
            act(chosen)
            inputs += 1
            if passed >= due:
                due += EVERY
                empty(Path(folder))
                yield state_of(show.pid, passed, inputs)
            time.sleep(PAUSE)
        if show.poll() is not None:
            raise SystemExit(f"the show has ended with status {show.returncode}")


def state_of(process_id: int, seconds: float, inputs: int) -> Row:
    """The state of a process, from /proc."""
    folder = Path(f"/proc/{process_id}")
    threads, files = (len(list((folder / name).iterdir())) for name in ("task", "fd"))
    return Row(seconds, inputs, resident_bytes(process_id) / 1e6, threads, files)


def act(chosen: random.Random) -> None:
    """Something random."""
    number = chosen.randrange(SHARE)
    if number == 0:
        press(chosen.choice(RECORDS))
    elif number <= 4:
        click(chosen.randint(100, 1100), chosen.randint(100, 650), chosen.choice((1, 3)))
    else:
        press(chosen.choice(KEYS))


def empty(folder: Path) -> None:
    """Delete what is finished and older than a minute."""
    for file in folder.iterdir():
        if ".ventral-part" not in file.name and time.time() - file.stat().st_mtime > 60:
            file.unlink(missing_ok=True)


def chart(rows: Sequence[Row]) -> bytes:
    """The curves, as a PNG file."""
    figure = Figure(figsize=(9.6, 5.4), layout="constrained")
    hours = [row.seconds / 3600 for row in rows]
    for number, (name, title) in enumerate(
        (("memory", "resident memory, MB"), ("threads", "threads"), ("files", "open files"))
    ):
        axis = figure.add_subplot(3, 1, number + 1)
        axis.plot(hours, [getattr(row, name) for row in rows], linewidth=1)
        axis.set_title(title, loc="left", fontsize=10)
        axis.set_ylim(bottom=0)
    axis.set_xlabel("hours")
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=110)
    return content.getvalue()


def summary(rows: Sequence[Row]) -> str:
    """What matters, in words."""
    memory = np.array([row.memory for row in rows])
    warm = [row for row in rows if row.seconds >= WARM] or rows
    slope = np.polyfit([row.seconds / 3600 for row in warm], [row.memory for row in warm], 1)[0] if len(warm) > 1 else 0
    return (
        f"{rows[-1].seconds / 3600:.2f} hours, {rows[-1].inputs} inputs: memory median {np.median(memory):.0f} MB, 95th"
        f" percentile {np.percentile(memory, 95):.0f} MB, maximum {memory.max():.0f} MB; {slope:+.1f} MB per hour after"
        f" ten minutes; threads {warm[0].threads} to {warm[-1].threads}, open files {warm[0].files} to {warm[-1].files}"
    )


def main(seconds: float, table: Path, options: Sequence[str]) -> None:
    """Write the table as it grows, then the curve, and print a summary."""
    rows = []
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in fields(Row)])
        for row in soak(seconds, options):
            rows.append(row)
            writer.writerow([round(each, 1) for each in astuple(row)])
            file.flush()
    table.with_suffix(".png").write_bytes(chart(rows))
    print(summary(rows))


if __name__ == "__main__":
    main(float(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
