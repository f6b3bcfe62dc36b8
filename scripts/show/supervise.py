"""`ventral supervise`: a show that is started again when it fails."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import cyclopts
import platformdirs
from cyclopts import Parameter

from models.errors import SettingError
from realtime.show.unattended.log_file import LogFile
from realtime.supervision.supervisor import Supervisor
from scripts.show.live import live


def supervise(
    *command: Annotated[str, Parameter(allow_leading_hyphen=True)],
    resume: Path | None = None,
    log_file: Path | None = None,
) -> None:
    """Run a show, and restart it when it crashes, ends with an error, or no longer answers.

    It continues with the view, the layer and the values that it had. After five failures in a minute it starts on the
    CPU, in float32, without presets. `q` in the window, Ctrl-C and SIGTERM end both.

    Example: `ventral supervise -- live --source 0 --fullscreen --wait`

    :param command: live and its options, after --
    :param resume: the file that keeps the values of the show (default: supervised.toml in the user's state folder)
    :param log_file: write the log to this file, up to 5 MB; older parts are FILE.1 to FILE.5
    """
    words = command or ("live",)
    if words[0] != "live":
        raise SettingError(f"supervise runs live, but got '{words[0]}'; write: ventral supervise -- live OPTIONS")
    check_options(words[1:])
    state = resume or platformdirs.user_state_path("ventral", appauthor=False) / "supervised.toml"
    with LogFile(log_file) if log_file is not None else nullcontext():
        status = Supervisor(words, resume=state, keep_errors=log_file is not None).run()
    if status:
        sys.exit(status if status > 0 else 128 - status)


def check_options(words: Sequence[str]) -> None:
    """Raise what `live` would raise for these options: a show would fail for ever with them."""
    if any(word.partition("=")[0] == "--resume" for word in words):
        raise SettingError("--resume belongs before --, as in: ventral supervise --resume FILE -- live OPTIONS")
    app = cyclopts.App(default_command=live, default_parameter=Parameter(negative=()))
    app.parse_args(list(words), exit_on_error=False, print_error=False)
