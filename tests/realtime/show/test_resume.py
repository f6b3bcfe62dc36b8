from __future__ import annotations

from pathlib import Path

import pytest

from models.importing.open_network import open_network
from realtime.controls.controls import Controls
from realtime.show.make_controls import make_controls
from realtime.show.resume import ResumeFile, resume
from realtime.views.registry import find_views
from tests.realtime.waiting import soon


def controls() -> Controls:
    return make_controls(open_network("world").info, find_views())


VALUES: dict[str, bool | int | float | str] = {
    "show/view": "dream",
    "show/layer": "block3_conv1",
    "show/mirror": True,
    "dream/zoom": 1.25,
    "tiles/channel": 7,
}


def test_a_show_goes_on_with_the_values_of_the_one_before(tmp_path: Path) -> None:
    path, before, after = tmp_path / "kept.toml", controls(), controls()
    with ResumeFile(path, before) as kept:
        for name, value in VALUES.items():
            before.set(name, value)
        kept.turn()
        assert soon(path.exists)
    resume(path, after)
    assert after.values() == before.values()


def test_what_changes_last_is_kept_too(tmp_path: Path) -> None:
    path, shown = tmp_path / "kept.toml", controls()
    with ResumeFile(path, shown) as kept:
        kept.turn()
        shown.set("show/mirror", True)
        kept.turn()
    again = controls()
    resume(path, again)
    assert again.value("show/mirror") is True


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[show", b"view = 1", b"[show]\nview = 'nothing'", b"[no]\nx = 1"]
)
def test_a_file_that_is_damaged_is_passed_over(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kept.toml"
    path.write_bytes(content)
    shown = controls()
    resume(path, shown)
    assert shown.values() == controls().values()


def test_a_file_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with ResumeFile(tmp_path / "file" / "kept.toml", controls()) as kept:
        kept.turn()
