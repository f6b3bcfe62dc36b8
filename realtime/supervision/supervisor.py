"""Starts a show, listens to its heartbeat, and starts it again when it fails or falls silent."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, Self

from realtime.supervision.heartbeat import ADDRESS, SOCKET, Heartbeat
from realtime.supervision.restarts import RestartLimits, Restarts, safe
from realtime.threads.signals import hold_signals, on_stop, restore

log = logging.getLogger(__name__)

HANGUP = getattr(signal, "SIGHUP", None)
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
PATIENT = 2  # signals that are passed on as they are
TURN = 0.2  # seconds that a turn waits for a heartbeat
_OWN_GROUP: dict[str, Any] = {"process_group": 0} if sys.platform != "win32" else {}  # signals come from us


class Supervisor:
    """Runs `command`, the words after `ventral`, until it ends well or a signal ends both.

    A show that is started again takes up the values in the file `resume`. With `keep_errors`, what it writes to
    standard error goes to the log. Itself it is watched by systemd, where that has started it.
    """

    def __init__(
        self, command: Sequence[str], *, resume: Path, keep_errors: bool = False, limits: RestartLimits | None = None
    ) -> None:
        self._command, self._resume, self._keep_errors = list(command), resume, keep_errors
        self._limits = limits or RestartLimits()
        self._restarts = Restarts(self._limits)
        self._heartbeat = Heartbeat()
        self._process: subprocess.Popen[bytes] | None = None
        self._signals = 0

    def run(self) -> int:
        """Run the show again and again; the exit status of the last one."""
        before = on_stop(self._on_signal)
        try:
            return self._run()
        finally:
            restore(before)

    @property
    def _stopped(self) -> bool:
        return self._signals > 0

    def _run(self) -> int:
        command = [*self._command, "--resume", str(self._resume)]
        status = 0
        while not self._stopped:
            start = time.monotonic()
            try:
                status = self._run_once(command)
            except OSError as error:  # no memory, no processes, no open files: it may be better later
                log.error("the show cannot be started: %s", error)
                status = 1
            if status == 0 or self._stopped:
                break
            now = time.monotonic()
            pause = self._restarts.failed(now, now - start, status)
            log.warning("the show has ended with status %d; starting it again in %g s", status, pause)
            self._heartbeat.say(f"ended with status {status}; starting again in {pause:g} s")
            self._pause(pause)
            command = [*self._command, "--resume", str(self._resume), "--restarted"]
            if self._restarts.is_safe(now):
                log.warning("the show keeps failing: starting it on the CPU, in float32, without presets")
                command = safe(command)
        return status

    def _run_once(self, command: Sequence[str]) -> int:
        with Listener() as listener:
            errors = subprocess.PIPE if self._keep_errors else None
            with hold_signals():
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "scripts", *command],  # -P: never the code in the current folder
                    env={**os.environ, **listener.environment},
                    pass_fds=listener.inherited,
                    stderr=errors,
                    **_OWN_GROUP,
                )
            listener.handed_over()
            if self._process.stderr is not None:
                threading.Thread(target=self._log_errors, args=(self._process,), daemon=True).start()
            return self._watch(self._process, listener)

    def _pause(self, seconds: float) -> None:
        """Wait, unless a signal ends the supervision."""
        end = time.monotonic() + seconds
        while not self._stopped and (rest := end - time.monotonic()) > 0:
            self._heartbeat.beat(ready=True)
            time.sleep(min(rest, TURN))

    def _ended(self, process: "subprocess.Popen[bytes]") -> int:
        """Wait for the end of a show, which may still have to finish a film, but not for ever; its exit status."""
        end = time.monotonic() + self._limits.ending
        while time.monotonic() < end:
            self._heartbeat.beat(ready=True)
            with suppress(subprocess.TimeoutExpired):
                return process.wait(TURN)
        log.error("the show has not ended within %g s; ending it", self._limits.ending)
        process.kill()
        return process.wait()

    def _watch(self, process: "subprocess.Popen[bytes]", listener: "Listener") -> int:
        """Wait for the end of a show; one that is silent for too long is killed."""
        heard, ready = time.monotonic(), False
        while (status := process.poll()) is None:
            message = listener.receive(TURN)
            self._heartbeat.beat(ready=True)
            if message:
                if "READY=1" in message and not ready:
                    self._heartbeat.say("showing")
                heard, ready = time.monotonic(), ready or "READY=1" in message
            limit = self._limits.silence if ready else self._limits.starting
            if "STOPPING=1" in message:
                return self._ended(process)
            if listener.works and time.monotonic() - heard > limit:
                log.error("the show has not answered for %g s; ending it", limit)
                process.kill()
                return process.wait()
        return status

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        """Pass a signal on; the show ends in order after the first, at once after the second, and is killed then."""
        if number != HANGUP or not self._signals:  # of a closed terminal tell both the system and the shell
            self._signals += 1
        if self._process is not None:
            with suppress(OSError):
                self._process.send_signal(number if self._signals <= PATIENT else KILL)

    @staticmethod
    def _log_errors(process: "subprocess.Popen[bytes]") -> None:
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                log.info("%s", line.decode(errors="replace").rstrip().removeprefix("ventral: "))


class Listener:
    """Receives heartbeats through a socket whose other end a show inherits; on Windows there are none.

    `environment` tells the show about it, and hides the program that watches the supervisor.
    """

    def __init__(self) -> None:
        self.environment = {ADDRESS: ""}
        self.inherited: tuple[int, ...] = ()
        self._socket: socket.socket | None = None
        self._other: socket.socket | None = None
        if sys.platform != "win32":
            self._socket, self._other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            self.inherited = (self._other.fileno(),)
            self.environment[SOCKET] = f"{self._other.fileno()}"

    def handed_over(self) -> None:
        """Leave the other end to the show alone."""
        if self._other is not None:
            self._other.close()

    @property
    def works(self) -> bool:
        """Whether heartbeats can be received here."""
        return self._socket is not None

    def receive(self, timeout: float) -> str:
        """The next message, or nothing after `timeout` seconds."""
        if self._socket is None:
            time.sleep(timeout)
            return ""
        self._socket.settimeout(timeout)
        try:
            return self._socket.recv(4096).decode(errors="replace")
        except TimeoutError:
            return ""
        except OSError:  # the show has ended
            time.sleep(timeout)
            return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.handed_over()
        if self._socket is not None:
            self._socket.close()
