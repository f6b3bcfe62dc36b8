"""The errors that a user can cause and correct; each message is one line.

VentralError          what is wrong, what was expected, what to do; the command line prints it and exits with 2
├── ModelError        a network, a layer or a weights file
├── SourceError       a camera, file, folder or URL to read frames from
├── OutputError       a file or folder to write
├── SettingError      a control, a preset or an option
└── SetupError        this machine: display, driver, missing package

Any other exception is a bug and ends with exit status 1.
"""

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


def one_line(error: Exception, longest: int = LONGEST) -> str:
    """The message of an error in one line, cut off after `longest` characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= longest else f"{text[:longest]} ..."
