"""`ventral controls`: every value that --set, a preset or a key can change."""

from rich.console import Console
from rich.table import Table

from models.errors import SettingError
from models.importing.open_network import open_network
from models.zoo import BUNDLED
from realtime.controls.value import Value, in_words
from scripts.common.all_controls import all_controls


def controls(group: str | None = None, /) -> None:
    """List the controls with their default, accepted values, meaning and keys.

    Example: `ventral controls dream`, then `ventral --view dream --set dream/zoom=1.3`

    :param group: list only one group, such as dream, tiles or record
    """
    rows = [*all_controls(open_network(BUNDLED).info).table.values()]
    groups = dict.fromkeys(_group(row) for row in rows)
    if group is not None and group not in groups:
        raise SettingError(f"unknown group '{group}'; expected one of: {', '.join(groups)}")
    table = Table(box=None, pad_edge=False)
    table.add_column("control", no_wrap=True)
    for column in ("default", "accepts", "meaning", "keys"):
        table.add_column(column, overflow="fold")
    for row in rows:
        if group in (None, _group(row)):
            accepts = "a layer of the network" if row.path == "show/layer" else row.accepts
            table.add_row(row.path, in_words(row.default), accepts, row.help, _keys(row))
    Console().print(table)


def _group(row: Value) -> str:
    return row.path.partition("/")[0]


def _keys(row: Value) -> str:
    return " ".join("space" if key == " " else key for bind in row.binds for key in bind.keys)
