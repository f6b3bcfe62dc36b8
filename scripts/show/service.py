"""`ventral service`: a show that starts with the session of its user, and again whenever it ends."""

import logging
from typing import Annotated, Literal

from cyclopts import Parameter

from models.errors import SettingError
from realtime.supervision.service.service import install, remove, status, unit_of, unit_path
from scripts.show.supervise import check_options

log = logging.getLogger(__name__)


def service(
    action: Literal["install", "status", "remove"],
    *options: Annotated[str, Parameter(allow_leading_hyphen=True)],
    dry_run: bool = False,
) -> None:
    """Let systemd start a kiosk when its user logs in, watch it, and restart it whenever it ends.

    install writes a unit that runs `ventral supervise -- live --kiosk OPTIONS` in the current folder, and starts it;
    status shows its state and its last log lines; remove stops it and deletes the unit.

    Example: `ventral service install -- --source 0 --attract 120`

    :param action: install, status or remove
    :param options: options of live, after --
    :param dry_run: only print the unit that install would write
    """
    if action != "install" and (options or dry_run):
        raise SettingError(f"service {action} takes no options; give them to: ventral service install -- OPTIONS")
    if action == "status":
        for line in status():
            print(line)
    elif action == "remove":
        remove()
        log.info("removed %s", unit_path())
    else:
        check_options(options)
        kiosk = () if "--kiosk" in options else ("--kiosk",)
        unit = unit_of(["supervise", "--", "live", *kiosk, *options])
        if dry_run:
            print(unit.text, end="")
            return
        install(unit)
        log.info("installed and started %s; for its state: ventral service status", unit_path())
