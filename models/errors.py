"""The errors that a user can cause and correct; each message is one line.

VentralError          what is wrong, what was expected, what to do; the command line prints it and exits with 2
├── ModelError        a network, a layer or a weights file
├── SourceError       a camera, file, folder or URL to read frames from
├── OutputError       a file or folder to write
├── SettingError      a control, a preset or an option
└── SetupError        this machine: display, driver, missing package

Any other exception is a bug and ends with exit status 1.
"""

import errno
import os
from collections.abc import Iterator

LONGEST = 200  # characters of a library's message that are shown


class VentralError(Exception):
    """Something outside the program is wrong; the message says how to fix it."""


class ModelError(VentralError):
    """A network, layer or weights file is unknown, unreadable or unsuitable."""


class SourceError(VentralError):
    """A source gives no frames."""


class OutputError(VentralError):
    """A file cannot be written."""


class SettingError(VentralError):
    """A control or option has an invalid value."""


class SetupError(VentralError):
    """The machine lacks something that is needed."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error, or one that it was raised after, means that this process gets no more memory."""
    return any(_is_out_of_memory(each) for each in _chain(error))


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, MemoryError) or any(words in str(error) for words in _OUT_OF_MEMORY)


_OUT_OF_MEMORY = (
    os.strerror(errno.ENOMEM),
    "bad_alloc",  # C++
    "Failed to allocate memory",  # ONNX Runtime
    "(-4:Insufficient memory)",  # OpenCV
    "failed to map segment from shared object",  # a library that is loaded
    "can't start new thread",  # Python: there is no room for its stack
)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def one_line(error: BaseException, longest: int = LONGEST) -> str:
    """The message of an error in one line, cut off after `longest` characters."""
    if is_out_of_memory(error):
        return "out of memory"
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= longest else f"{text[:longest]} ..."
