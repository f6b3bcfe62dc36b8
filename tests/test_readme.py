"""What the README says about keys and commands is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from scripts.cli import COMMANDS
from scripts.dev.key_table import key_table

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_key_table_is_current() -> None:
    shown = re.search(r"<!-- keys: .*? -->\n(.*?)\n<!-- end of keys -->", README, re.DOTALL)
    assert shown is not None
    assert shown[1].strip() == key_table(), "run: python -m scripts.dev.key_table, and put its table into README.md"


def test_every_command_is_named() -> None:
    for name in COMMANDS:
        assert f"`ventral {name}" in README, name


def test_pictures_are_there_and_small() -> None:
    for name in re.findall(r"!\[.*?\]\((.*?)\)", README):
        picture = Path(__file__).parent.parent / name
        assert 10_000 < picture.stat().st_size < 4_000_000
