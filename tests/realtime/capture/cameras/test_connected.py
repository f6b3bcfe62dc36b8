from __future__ import annotations

import sys
from pathlib import Path

import pytest

from realtime.capture.cameras.connected import NUMBERS_TO_TRY, camera_problem, cameras_named, list_cameras

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists its cameras in files")


@pytest.fixture
def known(tmp_path: Path) -> Path:
    for node, name in {
        "video10": "Grabber",
        "video2": "Desk Cam: Desk Cam",
        "video0": "C920",
        "video1": "C920",
    }.items():
        (tmp_path / node).mkdir()
        (tmp_path / node / "name").write_text(f"{name}\n")
    (tmp_path / "video3").mkdir()
    (tmp_path / "radio0").mkdir()
    return tmp_path


@on_linux
def test_cameras_are_listed_by_number(known: Path) -> None:
    expected = {0: "C920", 1: "C920", 2: "Desk Cam: Desk Cam", 3: "video3", 10: "Grabber"}
    assert list(list_cameras(known).items()) == list(expected.items())


@on_linux
@pytest.mark.parametrize(("name", "numbers"), [("C920", [0, 1]), ("grabber", [10]), ("C92", []), ("", [])])
def test_a_name_stands_for_all_its_numbers(known: Path, name: str, numbers: list[int]) -> None:
    assert cameras_named(name, known) == numbers


@on_linux
def test_no_list_means_no_cameras(tmp_path: Path) -> None:
    assert list_cameras(tmp_path / "nothing") == {}


def test_elsewhere_some_numbers_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert list(list_cameras()) == list(range(NUMBERS_TO_TRY))


@on_linux
def test_the_reason_names_what_is_missing(tmp_path: Path) -> None:
    assert camera_problem(99, tmp_path / "video99").startswith(f"there is no {tmp_path}/video99; cameras here: ")
    assert "check that it is connected" in camera_problem(0, tmp_path)
