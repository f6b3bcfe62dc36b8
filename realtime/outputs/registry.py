"""The outputs that `--sink` can choose, by name; a new one is a file with a subclass of Output, and a row here."""

from models.errors import SettingError
from realtime.outputs.none import NoOutput
from realtime.outputs.output import Output
from realtime.outputs.window import Window

OUTPUTS: dict[str, type[Output]] = {output.name: output for output in (Window, NoOutput)}


def find_output(name: str) -> type[Output]:
    """The output called `name`; SettingError for an unknown one, SetupError where it cannot work here."""
    if name not in OUTPUTS:
        raise SettingError(f"--sink takes {' or '.join(OUTPUTS)}, but got '{name}'")
    OUTPUTS[name].require()
    return OUTPUTS[name]
