"""What the documentation names exists, and version and changelog agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.conftest import KERAS, SLOW

ROOT = Path(__file__).parent.parent
FAST = 'uv run --group dev pytest -m "not slow and not keras and not window"'


def paths_in(text: str) -> list[str]:
    """What looks like a path of the project: in backquotes or as the target of a link."""
    quoted = re.findall(r"`((?:models|realtime|scripts|tests|docs)/[\w./-]*|[\w-]+\.(?:md|toml))`", text)
    return [*quoted, *re.findall(r"\]\((?!https?:|#)([^)]+)\)", text)]


@pytest.mark.parametrize(("name", "at_least"), [("docs/architecture.md", 60), ("CONTRIBUTING.md", 15)])
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
