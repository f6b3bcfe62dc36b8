"""The errors that a user can cause, each one clear line.

VentralError          what was expected, what came, what to do; the command line prints it and exits with 2
├── ModelError        a network, a layer or a weights file
├── SourceError       a camera, a file, a folder or a URL that should give pictures
├── OutputError       a file or folder that should be written
├── SettingError      a control, a preset or an option
└── SetupError        this machine: display, driver, missing package

Anything else that escapes is our fault and ends with exit status 1.
"""

LONGEST = 200
"""Characters of a library's message that fit into a line."""


class VentralError(Exception):
    """Something outside the program is wrong; the message says what to do about it."""


class ModelError(VentralError):
    """A network, layer or weights file is unknown, unreadable or does not fit."""


class SourceError(VentralError):
    """A source gives no pictures."""


class OutputError(VentralError):
    """A result cannot be written."""


class SettingError(VentralError):
    """A control or option was given a value that it cannot take."""


class SetupError(VentralError):
    """The machine lacks something that was asked for."""


def one_line(error: Exception) -> str:
    """The message of a library's error in one line, shortened where it is long."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."
