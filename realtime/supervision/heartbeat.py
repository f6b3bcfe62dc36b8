"""Tells the program that watches a show that it lives: systemd, or `ventral supervise` (messages: sd_notify(3))."""

import os
import socket
import time

ADDRESS = "NOTIFY_SOCKET"  # the environment variable with the address of the watching program
SOCKET = "VENTRAL_HEARTBEAT"  # the same with the number of an open socket, which the supervisor has left to the show
PERIOD = 1.0  # seconds between two beats


class Heartbeat:
    """Beats while the main loop turns; without a watching program it does nothing.

    `abandoned` says that the supervisor has ended, after which the show should not go on alone.
    """

    def __init__(self) -> None:
        self.abandoned = False
        self._inherited = _inherited(os.environ.pop(SOCKET, ""))
        self._socket = self._inherited or _connected(os.environ.get(ADDRESS, ""))
        self._due = 0.0
        self._ready = False

    def beat(self, *, ready: bool) -> None:
        """Say that the show goes on, at most once a second; `ready` says that it has drawn a canvas."""
        now = time.monotonic()
        if self._socket is None or (now < self._due and ready == self._ready):
            return
        self._due, self._ready = now + PERIOD, ready
        self._send("READY=1\nWATCHDOG=1" if ready else "WATCHDOG=1")

    def say(self, state: str) -> None:
        """Tell in words what goes on."""
        self._send(f"STATUS={state}")

    def stop(self) -> None:
        """Say that the show ends: a film may still have to be finished, for which nobody should wait in vain."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.send(message.encode())
        except BlockingIOError:  # nobody listens fast enough
            return
        except OSError:
            self.abandoned = self._inherited is not None


def _inherited(number: str) -> socket.socket | None:
    """The end of the socket that the supervisor has left to this process, and to none that it starts."""
    if not number.isdecimal():
        return None
    try:
        connection = socket.socket(fileno=int(number))
    except OSError:
        return None
    connection.setblocking(False)
    os.set_inheritable(connection.fileno(), False)
    return connection


def _connected(address: str) -> socket.socket | None:
    if not address or not hasattr(socket, "AF_UNIX"):
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    connection.setblocking(False)
    try:
        connection.connect("\0" + address[1:] if address.startswith("@") else address)
    except OSError:
        connection.close()
        return None
    return connection
