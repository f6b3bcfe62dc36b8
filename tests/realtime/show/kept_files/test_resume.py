from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from models.errors import OutputError
from models.importing.open_network import open_network
from realtime.controls.controls import Controls
from realtime.show.kept_files.kept_file import KeptFile
from realtime.show.kept_files.resume import check_kept_values, kept_values, resume
from realtime.show.make_controls import make_controls
from realtime.views.registry import find_views
from tests.realtime.waiting import soon

VALUES: dict[str, bool | int | float | str] = {
    "show/view": "dream",
    "show/layer": "block3_conv1",
    "show/mirror": True,
    "dream/zoom": 1.25,
    "tiles/channel": 7,
}

DAMAGED = [b"", b"\xff\xfe", b"[show", b"view = 1", b"[show]\nmirror = true\nview = 'nothing'", b"[no]\nx = 1"]


def controls() -> Controls:
    return make_controls(open_network("world").info, find_views())


def kept(path: Path, shown: Controls) -> KeptFile:
    return KeptFile(path, partial(kept_values, shown), period=0.05)


def test_a_show_goes_on_with_the_values_of_the_one_before(tmp_path: Path) -> None:
    path, before, after = tmp_path / "kept.toml", controls(), controls()
    with kept(path, before) as file:
        for name, value in VALUES.items():
            before.set(name, value)
        file.turn()
        assert soon(path.exists)
    resume(path, after)
    assert after.values() == before.values()


def test_what_changes_is_kept_soon_and_at_the_end(tmp_path: Path) -> None:
    path, shown, again = tmp_path / "kept.toml", controls(), controls()

    def is_kept(text: str) -> bool:
        file.turn()
        return path.exists() and text in path.read_text()

    with kept(path, shown) as file:
        assert soon(lambda: is_kept("[show]"))
        shown.set("show/view", "story")
        assert soon(lambda: is_kept('view = "story"'))
        shown.set("show/mirror", True)
    resume(path, again)
    assert again.value("show/mirror") is True


@pytest.mark.parametrize("content", DAMAGED)
def test_a_file_that_is_damaged_is_passed_over(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kept.toml"
    path.write_bytes(content)
    shown = controls()
    resume(path, shown)
    assert shown.values() == controls().values()


def test_a_file_that_cannot_be_written_is_said_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    with kept(tmp_path / "file" / "kept.toml", controls()) as file:
        file.turn()
        assert soon(lambda: bool(file.fault))
    assert "cannot write" in file.fault
    assert len(caplog.messages) == 1


FOREIGN = [
    b"\x89PNG\r\n",
    b"something precious",
    b"[project]\nname = 'x'\nfiles = ['a']",
    b"view = 'dream'",
    b"[[a]]\nx = 1",
]


@pytest.mark.parametrize("content", FOREIGN)
def test_a_file_of_somebody_else_is_no_place_for_values(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(OutputError, match="holds no values of a show, and is left alone"):
        check_kept_values(path)


@pytest.mark.parametrize("kind", ["folder", "pipe", "link that leads nowhere", "device"])
def test_values_replace_only_files(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/null")
    else:
        path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputError, match="is left alone"):
        check_kept_values(path)


def test_values_of_a_show_may_be_replaced(tmp_path: Path) -> None:
    path, shown = tmp_path / "kept.toml", controls()
    check_kept_values(path)
    with kept(path, shown):
        shown.set("show/mirror", True)
    check_kept_values(path)
    path.write_bytes(b"[older]\nvalue = 3\n")
    check_kept_values(path)
    path.write_bytes(b"")
    check_kept_values(path)
