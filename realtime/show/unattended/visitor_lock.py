"""The lock of a kiosk: visitors change the picture; what else keys can do is for the operator, who knows a chord."""

import logging
import math

from realtime.controls.controls import Controls
from realtime.controls.value import Scalar
from realtime.outputs.window import CHORD

log = logging.getLogger(__name__)

UNLOCKED_FOR = 60.0  # seconds after the last key of the operator

LOCKED = ("record/", "window/", "show/quit", "show/reset", "show/freeze", "show/leave")
"""What visitors cannot do: write files, change the window or cover the picture, end, reset or stop the show."""

VALUES: dict[str, Scalar] = {
    "window/fullscreen": True,
    "window/status": False,
    "window/help": False,
    "show/freeze": False,
}
"""The values of a locked show."""


def begin_kiosk(controls: Controls) -> None:
    """Set what a kiosk begins with, where nobody has chosen another value."""
    if not controls.is_chosen("window/shift"):
        controls.set("window/shift", True, chosen=False)
        controls.mark_start()


class VisitorLock:
    """Decides which keys count; main thread only. The chord unlocks all of them, until a minute without a key.

    It types no text on any keyboard, and hands that play on a keyboard do not find it.
    """

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._until = -math.inf
        self._lock()

    @property
    def locked(self) -> bool:
        """Whether only the keys for visitors count."""
        return self._until == -math.inf

    def takes(self, key: str, now: float) -> bool:
        """Whether a key that is pressed at `now` is the lock's own, or one that does not count."""
        if key == CHORD:
            self._toggle(now)
            return True
        if not self.locked:
            self._until = now + UNLOCKED_FOR
            return False
        owner = self._controls.owner(key) or ""
        if owner == "show/leave" and self._controls.value("tiles/zoom"):
            return False
        return owner.startswith(LOCKED)

    def turn(self, now: float) -> None:
        """Lock again when it is time, and keep the values of a locked show, whatever has brought back others."""
        if now < self._until:
            return
        if not self.locked:
            log.info("the keys are locked again")
        self._lock()

    def _toggle(self, now: float) -> None:
        if self.locked:
            self._until = now + UNLOCKED_FOR
            self._controls.set("window/status", True, chosen=False)
            log.info("all keys are unlocked, until %g s without a key or %s", UNLOCKED_FOR, CHORD)
        else:
            self._lock()
            log.info("the keys are locked")

    def _lock(self) -> None:
        self._until = -math.inf
        for path, value in VALUES.items():
            if self._controls.value(path) != value:
                self._controls.set(path, value, chosen=False)
