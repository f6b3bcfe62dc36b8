"""The signals that end a program: the first ends a show in order, the second at once.

They are Ctrl-C (SIGINT), the request of the system (SIGTERM), the end of the terminal (SIGHUP), and the key to quit
(SIGQUIT).
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Self, TypeAlias

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")  # Windows has the first two
GRACE = 8.0  # seconds to end after all signals but Ctrl-C: the system kills the process soon after

Handler: TypeAlias = Callable[[int, FrameType | None], Any] | signal.Handlers | int | None


def on_stop(handler: Handler) -> dict[int, Handler]:
    """Let `handler` get every signal that ends a program; the handlers until now.

    A SIGHUP that is ignored stays ignored: so `nohup` asks for it.
    """
    handled = [each for each in _numbers() if each == signal.SIGINT or signal.getsignal(each) != signal.SIG_IGN]
    return {number: signal.signal(number, handler) for number in handled}


class StopSignals:
    """Handles the signals that end a program within the context.

    The first signal sets `received`, and all but Ctrl-C also `deadline`. A second one ends the process at once, after
    `before_exit`, and so does Ctrl-C while `ending` is set, when only a recording is being finished.
    """

    def __init__(self) -> None:
        self.received = False
        self.ending = False
        self.before_exit: Callable[[], str] = str
        self.deadline: float | None = None

    def __enter__(self) -> Self:
        self._before = on_stop(self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        restore(self._before)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.received and number == getattr(signal, "SIGHUP", None):
            return  # both the system and the shell tell that the terminal was closed
        if self.received or (self.ending and number == signal.SIGINT):
            with suppress(OSError):
                os.write(2, self.before_exit().encode())
            os._exit(128 + number)
        self.received = True
        if number != signal.SIGINT:
            self.deadline = time.monotonic() + GRACE


@contextmanager
def hold_signals() -> Iterator[None]:
    """Hold signals that end the program back in the block, and in a process that it starts until `take_signals` there.

    So they meet neither a process that is only half started, nor a program that does not know it yet.
    """
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _numbers())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def take_signals() -> None:
    """Let in what the program that started this one has held back."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _numbers())


@contextmanager
def defer_signals() -> Iterator[None]:
    """Deliver signals that end the program only after the block, so that a process that it starts is not lost."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread handles signals
        yield
        return
    received: list[int] = []
    before = on_stop(lambda number, _: received.append(number))
    try:
        yield
    finally:
        restore(before)
    for each in received:
        signal.raise_signal(each)


def restore(handlers: dict[int, Handler]) -> None:
    """Undo `on_stop`, which has returned these handlers."""
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _numbers() -> list[signal.Signals]:
    return [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
