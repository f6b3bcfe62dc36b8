"""The key table of the README: `python -m scripts.dev.key_table` prints it."""

from models.importing.open_network import open_network
from realtime.overlay.help import help_lines
from scripts.common.all_controls import all_controls


def key_table() -> str:
    """The keys and their meaning, as a Markdown table."""
    controls = all_controls(open_network("world").info)
    rows = [
        f"| {' '.join(f'`{key}`' if key != '`' else '`` ` ``' for key in keys.split())} | {text} |"
        for keys, text in help_lines(controls)
    ]
    return "\n".join(["| keys | function |", "|---|---|", *rows])


if __name__ == "__main__":
    print(key_table())
