from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import OutputError
from realtime.imaging.frame import Frame
from realtime.outputs.recorder import Recorder
from realtime.outputs.recording.open_writer import check_film, open_writer
from realtime.saved_settings.read_text import read_text
from realtime.threads.mailbox import Mailbox
from tests.realtime.outputs.recording.films import flags
from tests.realtime.waiting import soon

SIZE_WH = (128, 96)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_frame_is_a_file_with_the_settings_in_it(tmp_path: Path) -> None:
    with open_writer(tmp_path / "a-%03d.png", fps=30, size_wh=SIZE_WH, text="settings") as writer:
        writer.write(flags())
        writer.hold(2)
        writer.write(flags(step=5))
    assert names(tmp_path) == ["a-001.png", "a-002.png", "a-003.png", "a-004.png"]
    assert [read_text(tmp_path / name) for name in names(tmp_path)] == ["settings"] * 4
    video = cv2.VideoCapture(str(tmp_path / "a-%03d.png"), cv2.CAP_FFMPEG)
    shown = [video.read()[1] for _ in range(4)]
    video.release()
    for image, step in zip(shown, (0, 0, 0, 5), strict=True):
        assert np.array_equal(image, flags(step=step))
    assert writer.note == "4 files" and writer.size > 1000


def test_a_recording_has_one_file_for_each_frame(tmp_path: Path) -> None:
    canvases: Mailbox[Frame] = Mailbox()
    canvases.put(Frame(flags(), 0, time.monotonic()))
    with Recorder(canvases, folder=tmp_path) as recorder:
        path = recorder.start(tmp_path / "film-%05d.png")
        assert soon(lambda: recorder.status.seconds > 0.3)
        canvases.put(Frame(flags(step=9), 1, time.monotonic()))
        enough = recorder.status.seconds + 0.3
        assert soon(lambda: recorder.status.seconds > enough)
        recorder.stop()
        assert soon(lambda: recorder.status.finishing == 0)
        assert recorder.outcome(path) == "" and recorder.note == f"{len(names(tmp_path))} files"
    assert names(tmp_path) == [f"film-{number:05d}.png" for number in range(1, len(names(tmp_path)) + 1)]
    steps = [
        bool(np.array_equal(np.asarray(cv2.imread(str(tmp_path / name))), flags(step=9))) for name in names(tmp_path)
    ]
    assert steps == sorted(steps) and 9 <= steps.index(True) <= len(steps) - 1


def test_a_recording_goes_on_under_the_next_name(tmp_path: Path) -> None:
    canvases: Mailbox[Frame] = Mailbox()
    canvases.put(Frame(flags(), 0, time.monotonic()))
    with Recorder(canvases, folder=tmp_path) as recorder:
        path = recorder.start(tmp_path / "film-%05d.png")
        assert soon(lambda: recorder.status.seconds > 0.3)
        first = len(names(tmp_path))
        (tmp_path / f"film-{first + 20:05d}.png").write_bytes(b"somebody else's")
        assert soon(lambda: bool(recorder.fault))
        assert soon(lambda: recorder.status.recording == (tmp_path / "film-%05d-2.png",))
        assert soon(lambda: (tmp_path / "film-00005-2.png").exists())
        recorder.stop()
        assert soon(lambda: recorder.status.finishing == 0)
        assert "the rest, " in recorder.outcome(path)
    assert (tmp_path / f"film-{first + 20:05d}.png").read_bytes() == b"somebody else's"


@pytest.mark.parametrize(
    "name", ["film.png", "film-%s.png", "%d-%d.png", "film-%5d.png", "film-%00d.png", "100%-%d.png", "film-%05.png"]
)
def test_a_name_that_is_no_sequence_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"must end in .* or have one number, as in .*%05d\.png") as caught:
        check_film(tmp_path / name, force=True)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "better"),
    {"film-%d-%d.png": "film-%05d.png", "a_%s.png": "a-%05d.png", "%d%d.png": "film-%05d.png"}.items(),
)
def test_a_name_that_works_is_named(tmp_path: Path, name: str, better: str) -> None:
    with pytest.raises(OutputError, match=rf"as in {better}$"):
        check_film(tmp_path / name, force=False)
    check_film(tmp_path / better, force=False)


def test_a_number_in_the_folder_is_no_sequence(tmp_path: Path) -> None:
    (tmp_path / "%05d").mkdir()
    with pytest.raises(OutputError, match="have one number"):
        check_film(tmp_path / "%05d" / "film.png", force=False)


@pytest.mark.parametrize("there", ["film-00001.png", "film-7.png", "film-123456.png"])
def test_a_sequence_is_not_mixed_with_another(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_bytes(b"somebody else's")
    with pytest.raises(OutputError, match=f"{there} exists already; .* replaces no file"):
        open_writer(tmp_path / "film-%05d.png", fps=30, size_wh=SIZE_WH, force=True)
    assert names(tmp_path) == [there]


def test_a_file_that_somebody_writes_meanwhile_is_kept(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "film-%d.png", fps=30, size_wh=SIZE_WH)
    writer.write(flags())
    (tmp_path / "film-2.png").write_bytes(b"somebody else's")
    with pytest.raises(OutputError, match=r"cannot write .*film-2\.png: another program .*; it ends with number 1"):
        writer.write(flags())
    assert names(tmp_path) == ["film-1.png", "film-2.png"]
    assert (tmp_path / "film-2.png").read_bytes() == b"somebody else's"


def test_a_missing_folder_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no such folder"):
        check_film(tmp_path / "missing" / "film-%d.png", force=False)


def test_no_frame_no_sequence(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "film-%d.png", fps=30, size_wh=SIZE_WH)
    with pytest.raises(OutputError, match="there was no frame"):
        writer.close()
    assert not names(tmp_path)
