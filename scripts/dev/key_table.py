"""The README's key table, from the table of controls: `python -m scripts.dev.key_table` prints it."""

from __future__ import annotations

from models.importing.open_network import open_network
from realtime.show.hud import help_lines
from realtime.show.reference import all_controls


def key_table() -> str:
    """The keys and what they do, as Markdown."""
    controls = all_controls(open_network("textures").info)
    rows = [
        f"| {' '.join(f'`{key}`' if key != '`' else '`` ` ``' for key in keys.split())} | {text} |"
        for keys, text in help_lines(controls)
    ]
    return "\n".join(["| keys | what they do |", "|---|---|", *rows])


if __name__ == "__main__":
    print(key_table())
