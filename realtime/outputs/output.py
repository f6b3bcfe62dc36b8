"""The interface between the show and its outputs."""

import logging
from abc import ABC, abstractmethod
from typing import ClassVar, Self

from models.errors import VentralError, one_line
from models.spec import Hw
from realtime.imaging.frame import Frame, Image
from realtime.outputs.recording.pace import Pace
from realtime.threads.mailbox import Mailbox
from realtime.threads.rate import Rate
from realtime.threads.worker import Worker

log = logging.getLogger(__name__)


class Output:
    """An output of the show; a context manager that opens and closes it.

    An output may fail alone: then `fault` says why, the status line shows it, and the show goes on.
    """

    name: ClassVar[str]
    permanent: ClassVar[bool] = True
    """Whether a fault ends this output; one that is not permanent concerns a single file."""

    def __init__(self, canvases: Mailbox[Frame], canvas_hw: Hw) -> None:
        self.fault = ""
        self._canvases, self._canvas_hw = canvases, canvas_hw
        self._rate = Rate()

    @classmethod
    def require(cls) -> None:
        """Raise SetupError where this output cannot work on this machine."""

    @property
    def state(self) -> str:
        """What it does now, in a word."""
        return "failed" if self.fault else "on"

    @property
    def fps(self) -> float:
        """Canvases per second that it has taken, measured over the last second."""
        return self._rate.value()

    def fail(self, error: Exception) -> None:
        """Note and log what ended the output."""
        self.fault = f"{self.name} failed: {one_line(error)}"
        known = isinstance(error, VentralError)
        rest = "; the show goes on without it" if self.permanent else ""
        log.error("%s%s", self.fault, rest, exc_info=None if known else error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the output."""


class ClockedOutput(Output, ABC):
    """Base of outputs that write the newest canvas at a fixed rate on a thread of their own."""

    rate: ClassVar[float] = 30.0

    def __init__(self, canvases: Mailbox[Frame], canvas_hw: Hw) -> None:
        super().__init__(canvases, canvas_hw)
        self._pace = Pace(self.rate)
        self._worker = Worker(self.name, self._step)
        self._opened = False

    def open(self) -> None:
        """Prepare; called once, before the first canvas is written."""

    @abstractmethod
    def write(self, image: Image) -> None:
        """Take one canvas, uint8 BGR of `canvas_hw`."""

    def close(self) -> None:
        """Give back what `open` took."""

    def __enter__(self) -> Self:
        self._worker.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._pace.stop()
        self._worker.stop()
        if self._opened:
            self.close()

    def _step(self) -> None:
        frame = self._canvases.peek() if self._pace.wait() else None
        if frame is None or self.fault:
            return
        try:
            if not self._opened:
                self.open()
                self._opened = True
            self.write(frame.image)
            self._rate.tick()
        except Exception as error:  # whatever a driver raises must not end the show
            self.fail(error)
