"""A child process at low priority: encoding happens outside this process, so that a crash is only an error."""

import os
import re
import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Any, NoReturn, cast

from models.errors import OutputError

_NICE = 10
"""Next to a show on two busy cores at 1280x720, the show kept 78 % of its fps at 5 and 91 % at 10; with GIFs 95 %."""

_OWN_GROUP: dict[str, Any] = {  # Ctrl-C in the terminal must not reach the child. A session of its own would also be a
    "process_group": 0,  # scheduling group of its own (sched_autogroup), which makes niceness meaningless
    "creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
}


class Process:
    """One process with its standard input, its standard output and its error messages; `name` is for errors."""

    def __init__(self, command: tuple[str, ...], *, name: str, inherited: tuple[int, ...] = ()) -> None:
        self._name, self._killed = name, False
        pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        try:
            self._process = subprocess.Popen(command, pass_fds=inherited, **pipes, **_OWN_GROUP)
        except OSError as error:
            raise OutputError(f"cannot start {command[0]}: {error.strerror}") from error
        with suppress(OSError, AttributeError):  # ended already, or Windows, where creationflags set the priority
            os.setpriority(os.PRIO_PGRP, self._process.pid, _NICE)
        self._stdin, self._stdout, self._stderr = (
            cast(IO[bytes], each) for each in (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        self._messages: deque[str] = deque(maxlen=20)
        self._listener = threading.Thread(target=self._listen, name=name, daemon=True)
        self._listener.start()

    def write(self, content: bytes) -> None:
        """Write to standard input, waiting while the process is busy; OutputError when it has ended."""
        try:
            self._stdin.write(content)
            self._stdin.flush()
        except (OSError, ValueError):
            self._fail()

    def check(self) -> None:
        """OutputError when it has ended."""
        if self._process.poll() is not None:
            self._fail()

    def read(self, size: int) -> bytes:
        """The next `size` bytes of standard output; fewer at its end."""
        return self._stdout.read(size)

    def counts(self) -> Iterator[int]:
        """How many bytes it has written to standard output, after each, until it ends. Its standard input is closed."""
        with suppress(OSError):
            self._stdin.close()
        count = 0
        while self._stdout.read(1):
            count += 1
            yield count

    def end(self) -> bytes:
        """Wait for the end and return the standard output; OutputError with the last message when it failed."""
        with suppress(OSError):
            self._stdin.close()
        output = b"" if self._stdout.closed else self._stdout.read()
        status = self._process.wait()
        self._listener.join()
        self._stdout.close()
        if status and self._killed:
            raise OutputError("there was no time left for it")
        if status:
            message = self._messages[-1] if self._messages else f"exit status {status}"
            raise OutputError(f"{self._name} failed: {message}")
        return output

    def kill(self) -> None:
        """Kill the process, from any thread: it takes too long, or its file is not wanted."""
        self._killed = True
        self._process.kill()

    def _fail(self) -> NoReturn:
        """Raise the error of a process that has ended too early."""
        self.end()
        raise OutputError(f"{self._name} ended too early") from None

    def _listen(self) -> None:
        with self._stderr as lines:
            for line in lines:
                self._messages.append(re.sub(r"^\[.*? @ \w+\] ", "", line.decode(errors="replace").strip()))
