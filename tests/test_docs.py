"""What the documentation names exists, and version and changelog agree."""

from __future__ import annotations

import plistlib
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from scripts.cli import commands
from scripts.show.supervise import check_options
from tests.conftest import KERAS, SLOW

ROOT = Path(__file__).parent.parent
FAST = 'uv run --group dev pytest -m "not slow and not keras and not window"'


def paths_in(text: str) -> list[str]:
    """What looks like a path of the project: in backquotes or as the target of a link."""
    quoted = re.findall(r"`((?:models|realtime|scripts|tests|docs)/[\w./-]*|[\w-]+\.(?:md|toml))`", text)
    return [*quoted, *re.findall(r"\]\((?!https?:|#)([^)]+)\)", text)]


@pytest.mark.parametrize(
    ("name", "at_least"), [("docs/architecture.md", 60), ("docs/reliability.md", 15), ("CONTRIBUTING.md", 15)]
)
def test_every_path_exists(name: str, at_least: int) -> None:
    text = (ROOT / name).read_text("utf-8")
    paths = paths_in(text)
    base = (ROOT / name).parent
    missing = [path for path in paths if not ((ROOT / path).exists() or (base / path).exists())]
    assert not missing
    assert len(paths) >= at_least


def test_the_architecture_names_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rooms = {
        f"{path.parent.relative_to(ROOT).as_posix()}/"
        for floor in ("models", "realtime", "scripts")
        for path in (ROOT / floor).glob("*/__init__.py")
    }
    assert {room for room in rooms if f"`{room}`" not in text} == set()


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_the_fast_part_of_the_tests_is_named(name: str) -> None:
    assert FAST in (ROOT / name).read_text("utf-8")


def test_the_newest_heading_of_the_changelog_is_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == version


def test_the_marked_files_exist() -> None:
    assert all((ROOT / "tests" / each).exists() for each in (*KERAS, *SLOW))


def test_the_commands_for_installations_exist() -> None:
    text = (ROOT / "docs" / "installations.md").read_text("utf-8")
    lines = re.findall(r"^(?:\.venv.Scripts.)?ventral(?:\.exe)? (.*)$", text, re.MULTILINE)
    assert len(lines) >= 10
    for line in lines:
        words = shlex.split(line)
        app = commands(words)
        app.parse_args(words, exit_on_error=False, print_error=False)
        if "--" in words:
            check_options([word for word in words[words.index("--") + 1 :] if word != "live"])


def test_the_property_list_for_macos_is_one() -> None:
    text = (ROOT / "docs" / "installations.md").read_text("utf-8")
    (block,) = re.findall(r"```xml\n(.*?)```", text, re.DOTALL)
    words = plistlib.loads(block.encode())["ProgramArguments"]
    assert words[1:4] == ["supervise", "--", "live"]
    check_options(words[4:])
