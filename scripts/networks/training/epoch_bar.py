"""Training progress: a bar for the current epoch on a terminal, and a line per epoch."""

import logging
import sys
from statistics import fmean
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from models.training.history import Epoch
from realtime.imaging.drawing import percent

log = logging.getLogger(__name__)


class EpochBar:
    """A bar on stderr during an epoch and a line after it; without a terminal only the line, in the log."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._bar = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[now]}"),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task("", visible=False, epoch="", now="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def begin_epoch(self, epoch: int, steps: int) -> None:
        """Show an empty bar."""
        self._bar.reset(self._task, total=steps, visible=True, epoch=f"{epoch}/{self._epochs}", now="")

    def step(self, loss: float, accuracy: float) -> None:
        """Advance the bar."""
        self._bar.update(self._task, advance=1, now=f"loss {loss:.3f}  accuracy {percent(accuracy)}")

    def end_epoch(self, epoch: int, result: Epoch) -> None:
        """Print or log the result of the epoch."""
        line = (
            f"epoch {epoch}/{self._epochs}: loss {result.loss:.3f}, accuracy {percent(result.accuracy)};"
            f" validation: loss {result.val_loss:.3f}, accuracy {percent(result.val_accuracy)}"
        )
        if result.agreement:
            line += f", feature agreement {fmean(result.agreement.values()):.2f}"
        line += f"; {result.seconds:.1f} s"
        if self._bar.disable:
            log.info(line)
        else:
            self._bar.console.print(line, markup=False, highlight=False)
