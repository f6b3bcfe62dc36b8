"""The changes of values in a show, with their times, for the thread that writes them to a take."""

import threading
import time

from realtime.controls.controls import Controls
from realtime.controls.value import Scalar
from realtime.saved_settings.show_record import Values
from realtime.takes.take_file import Change


class ChangeLog:
    """Notes changes on the main thread, from now on; another thread takes them.

    `values` are those before the first change that was not taken yet.
    """

    def __init__(self, controls: Controls) -> None:
        self.values: Values = controls.values()
        self._controls = controls
        self._known = controls.values()
        self._lock = threading.Lock()
        self._changes: list[Change] = []
        self.leave = controls.subscribe(self._note)

    def __len__(self) -> int:
        return len(self._changes)

    def until(self, timestamp: float) -> list[Change]:
        """Take the changes up to a time, as of time.monotonic(); what is noted later is later than that."""
        with self._lock:
            taken = [each for each in self._changes if each.time <= timestamp]
            self._changes = self._changes[len(taken) :]
        for each in taken:
            self.values = {**self.values, **each.values}
        return taken

    def _note(self, _path: str, _value: Scalar) -> None:
        """Note everything that has changed: the first of several calls tells of a whole change."""
        with self._lock:
            values = self._controls.values()
            changed = {path: value for path, value in values.items() if value != self._known[path]}
            if changed:
                self._changes.append(Change(time.monotonic(), changed))
            self._known = values
