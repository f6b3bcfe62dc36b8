"""Reads how a show was set out of a file that it made."""

import json
from pathlib import Path

from models.errors import SettingError
from realtime.saved_settings.read_text import read_text
from realtime.saved_settings.show_record import COMMANDS, ShowRecord

EXPECTED = "--like takes a file made by ventral live or ventral render"


def read_show(path: Path) -> ShowRecord:
    """The record in a recording, a snapshot, a take or a file of render; SettingError where there is none."""
    try:
        text = read_text(path)
        command = str(json.loads(text)["command"])
        if command in COMMANDS:
            return ShowRecord.from_json(text)
    except Exception as error:  # the user may name any file, and Pillow raises nearly anything
        reason = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
        raise SettingError(f"{path} has no saved settings{reason}; {EXPECTED}") from error
    raise SettingError(f"{path} was made by ventral {command[:20]}; {EXPECTED}")
