"""Standard output and standard error that never stop the program: what nobody can read is dropped.

A terminal may be closed, a pipe may lose its reader, and a service may start without any of the three streams.
"""

import io
import os
import sys


def keep_streams() -> None:
    """Open the standard streams that are closed, and let the others fail in silence."""
    _fill_descriptors()
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115, for the whole life of the process
    sys.stdout = _lasting(sys.stdout, 1)
    sys.stderr = _lasting(sys.stderr, 2)


class LastingStream(io.TextIOWrapper):
    """A text stream that goes on as /dev/null when it can no longer be written."""

    def write(self, text: str, /) -> int:
        """Write, or drop the text."""
        try:
            return super().write(text)
        except OSError:
            self._drop()
            return len(text)

    def flush(self) -> None:
        """Flush, or drop what was written."""
        try:
            super().flush()
        except OSError:
            self._drop()
            super().flush()

    def _drop(self) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self.fileno())
        os.close(null)


def _fill_descriptors() -> None:
    """Open those of the numbers 0 to 2 that are closed: else the next file, a film, would get one of them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one


def _lasting(stream: object, number: int) -> LastingStream:
    binary = stream.buffer if isinstance(stream, io.TextIOWrapper) else open(number, "wb", 0, closefd=False)  # noqa: SIM115
    encoding = stream.encoding if isinstance(stream, io.TextIOWrapper) else "utf-8"
    lines = number == 2 or os.isatty(number)
    return LastingStream(binary, encoding, errors="backslashreplace", line_buffering=lines)
