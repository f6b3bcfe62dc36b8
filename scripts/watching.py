"""How a training is followed: a bar for the present epoch on a terminal, else a line for each."""

from __future__ import annotations

import logging
import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from models.training.history import Epoch

log = logging.getLogger(__name__)


class EpochBar:
    """A bar on stderr while an epoch lasts, and a line that stays when it is over; no bar without a terminal."""

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

    def __enter__(self) -> EpochBar:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begins(self, epoch: int, steps: int) -> None:
        """Show an empty bar."""
        self._bar.reset(self._task, total=steps, visible=True, epoch=f"{epoch}/{self._epochs}", now="")

    def step(self, loss: float, accuracy: float) -> None:
        """Move the bar on."""
        self._bar.update(self._task, advance=1, now=f"loss {loss:.3f}  accuracy {accuracy:.0%}")

    def ends(self, epoch: int, result: Epoch) -> None:
        """Say in one line how the epoch went."""
        log.info(
            "epoch %d/%d: loss %.3f, accuracy %.0f %%; checked: loss %.3f, accuracy %.0f %%; %.1f s",
            epoch,
            self._epochs,
            result.loss,
            100 * result.accuracy,
            result.val_loss,
            100 * result.val_accuracy,
            result.seconds,
        )
