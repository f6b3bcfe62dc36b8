"""`ventral controls`: everything that can be set, with --set, in a preset, or by a key."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from models.errors import SettingError
from models.importing.open_network import open_network
from models.zoo import BUNDLED
from realtime.controls.value import Value, in_words
from realtime.show.reference import all_controls


def controls(group: str | None = None, /) -> None:
    """List the controls: what each does, what it takes, what it is at first, and its keys.

    Example: `ventral controls dream`, then `ventral --view dream --set dream/zoom=1.3`

    :param group: only those of a group, such as dream, tiles or record
    """
    rows = [*all_controls(open_network(BUNDLED).info).table.values()]
    groups = dict.fromkeys(row.path.split("/")[0] for row in rows)
    if group is not None and group not in groups:
        raise SettingError(f"there is no group '{group}'; there are: {', '.join(groups)}")
    table = Table(box=None, pad_edge=False)
    table.add_column("control", no_wrap=True)
    for column in ("at first", "takes", "what it is", "keys"):
        table.add_column(column, overflow="fold")
    for row in rows:
        if group in (None, row.path.split("/")[0]):
            table.add_row(row.path, in_words(row.default), _takes(row), row.help, " ".join(_keys(row)))
    Console().print(table)


def _takes(row: Value) -> str:
    """What may be set; layers are those of the network."""
    return "a layer of the network" if row.path == "show/layer" else row.accepts


def _keys(row: Value) -> list[str]:
    return ["space" if key == " " else key for bind in row.binds for key in bind.keys]
