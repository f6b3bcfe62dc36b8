"""The take of a show: every frame and change at its time, faults that end it, files of others that stay."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from models.errors import OutputError
from realtime.controls.controls import Controls
from realtime.controls.value import Scalar
from realtime.imaging.frame import Frame, Image
from realtime.outputs.recording import paths
from realtime.saved_settings.read_show import read_show
from realtime.takes import take_draft
from realtime.takes.take_film import open_take
from realtime.takes.take_log import TakeLog
from realtime.takes.waiting_frames import WaitingFrames
from tests.realtime.takes.made_takes import read, record_of_world, world_controls
from tests.realtime.waiting import soon


def grey(level: int, size_hw: tuple[int, int] = (48, 64)) -> Image:
    return np.full((*size_hw, 3), level, np.uint8)


def take_log(frames: WaitingFrames, controls: Controls, path: Path, *, force: bool = False) -> TakeLog:
    return TakeLog(frames, controls, path, record_of_world(), force=force)


def put(frames: WaitingFrames, log: TakeLog, image: Image, index: int) -> float:
    """Give the log a frame, and wait until it is written; its time."""
    now, before = time.monotonic(), log.written
    frames.put(Frame(image, index, now))
    assert soon(lambda: log.written > before or bool(log.fault))
    return now


def test_a_replay_has_at_every_frame_the_values_that_the_show_had(tmp_path: Path) -> None:
    """Frames and changes come from two threads, as in a show; each frame shows its number as a grey."""
    frames, controls, shown = WaitingFrames(), world_controls(), list[tuple[float, dict[str, Scalar]]]()
    times: dict[int, float] = {}

    def film() -> None:
        for number in range(40):
            times[number] = time.monotonic()
            frames.put(Frame(grey(6 * number), number, times[number]))
            time.sleep(0.02)

    with take_log(frames, controls, tmp_path / "a.take") as log:
        shown.append((0.0, controls.values()))
        filming = threading.Thread(target=film)
        filming.start()
        for turn in range(12):
            time.sleep(0.06)
            controls.set("show/view", ("mosaic", "dream", "features")[turn % 3])  # whose rules change the layer too
            shown.append((time.monotonic(), controls.values()))
            controls.step("tiles/contrast", 0.1)
            shown.append((time.monotonic(), controls.values()))
        filming.join()
    assert not log.fault
    played = list[tuple[int, dict[str, Scalar]]]()
    at = [dict[str, Scalar]()]
    film_of_take = open_take(tmp_path / "a.take", lambda values: at.append(dict(values)))
    images, _, _, _ = read(tmp_path / "a.take")
    for _ in images:
        number = round(float(film_of_take.read().mean()) / 6)
        played.append((number, at[-1]))
    assert len(played) + log.dropped >= 40
    for number, values in played[:-1]:  # the last one is written again, with the changes after it
        expected = [each for changed, each in shown if changed <= times[number]][-1]
        late = [each for changed, each in shown if changed <= times[number] + 0.002][-1]  # noted a moment later
        assert values in (expected, late), number
    assert played[-1][1] == controls.values()


def test_lines_and_pictures_keep_their_times(tmp_path: Path) -> None:
    frames, controls = WaitingFrames(), world_controls()
    with take_log(frames, controls, tmp_path / "a.take") as log:
        for number in range(5):
            put(frames, log, grey(40 * number), number)
            time.sleep(0.05)
    images, times, lines, start = read(tmp_path / "a.take")
    assert [line["frame"] for line in lines] == [0, 1, 2, 3, 4]
    assert times == pytest.approx([line["time"] for line in lines], abs=0.002)
    assert np.abs(np.array([image.mean() for image in images]) - np.arange(5) * 40).max() < 3
    assert (start["model"], start["source"], start["values"]["show/view"]) == ("world", "pattern", "mosaic")


def test_frames_that_the_encoder_has_no_time_for_are_counted_and_keep_their_times(tmp_path: Path) -> None:
    frames, begin = WaitingFrames(), time.monotonic()
    with take_log(frames, world_controls(), tmp_path / "a.take") as log:
        put(frames, log, grey(0, (480, 640)), 0)
        for number in range(1, 30):
            frames.put(Frame(grey(8 * number, (480, 640)), number, begin + number))
        assert soon(lambda: log.seconds > 25)
    _, _, lines, _ = read(tmp_path / "a.take")
    assert log.dropped > 0
    dropped = [time for line in lines for time in line.get("dropped", ())]
    taken = [line["time"] for line in lines]
    assert len(dropped) == log.dropped
    assert len(taken) + len(dropped) == 30
    assert np.diff(sorted([*taken, *dropped])[1:]) == pytest.approx(1.0, abs=0.001)


def test_a_change_while_no_frame_comes_is_kept_with_the_last_one(tmp_path: Path) -> None:
    frames, controls = WaitingFrames(), world_controls()
    with take_log(frames, controls, tmp_path / "a.take") as log:
        put(frames, log, grey(90), 0)
        time.sleep(0.3)
        controls.set("show/mirror", True)
        assert soon(lambda: log.seconds > 0.2)
    _, _, lines, _ = read(tmp_path / "a.take")
    assert [line["frame"] for line in lines] == [0, 0]
    assert lines[1]["changes"][0][1] == {"show/mirror": True}
    assert lines[1]["changes"][0][0] <= lines[1]["time"]


def test_frames_may_change_their_size(tmp_path: Path) -> None:
    frames, sizes = WaitingFrames(), [(48, 64), (96, 128), (48, 64)]
    with take_log(frames, world_controls(), tmp_path / "a.take") as log:
        for number, size_hw in enumerate(sizes):
            put(frames, log, grey(80 * number, size_hw), number)
    take = open_take(tmp_path / "a.take", lambda values: None)
    images = [take.read() for _ in sizes]
    assert [image.shape[:2] for image in images] == sizes
    assert [round(float(image.mean())) for image in images] == pytest.approx([0, 80, 160], abs=2)


def fails(log: TakeLog, frames: WaitingFrames) -> None:
    for number in range(1, 40):
        frames.put(Frame(grey(100), number, time.monotonic()))
        time.sleep(0.05)
        if log.fault:
            return
    raise AssertionError("the take did not fail")


def test_a_take_goes_on_in_a_new_file_when_the_disk_has_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    frames, controls = WaitingFrames(), world_controls()

    def is_written() -> bool:
        before = log.written
        frames.put(Frame(grey(200), 51, time.monotonic()))
        time.sleep(0.1)
        return log.written > before

    with take_log(frames, controls, tmp_path / "a.take") as log:
        put(frames, log, grey(100), 0)
        time.sleep(0.2)
        with monkeypatch.context() as patch:
            patch.setattr(paths, "free_bytes", lambda _: 499_000_000)
            fails(log, frames)
            controls.set("show/mirror", True)
            assert not is_written() and not is_written() and log.fault
        assert soon(is_written)
        assert not log.fault
        controls.set("tiles/zoom", True)
        put(frames, log, grey(200), 52)
    told = r"only 499 MB are free on its disk; the first \d\.\d s are in .*a\.take; the rest, .* s, is in .*a-2\.take"
    with pytest.raises(OutputError, match=told):
        log.check()
    assert any(record.levelno == logging.ERROR for record in caplog.records)
    first, rest = read(tmp_path / "a.take"), read(tmp_path / "a-2.take")
    assert len(first[0]) >= 1 and len(rest[0]) >= 2
    start = read_show(tmp_path / "a-2.take").values
    assert (start["show/mirror"], start["tiles/zoom"]) == (True, False)


def test_a_draft_that_somebody_deletes_is_kept_as_far_as_it_goes(tmp_path: Path) -> None:
    frames = WaitingFrames()
    with take_log(frames, world_controls(), tmp_path / "a.take") as log:
        put(frames, log, grey(100), 0)
        assert soon(lambda: any(tmp_path.iterdir()))
        next(iter(tmp_path.iterdir())).unlink()
        fails(log, frames)
        assert "its draft was deleted or replaced" in log.fault
        put(frames, log, grey(200), 50)
    assert len(read(tmp_path / "a.take")[0]) >= 1
    assert len(read(tmp_path / "a-2.take")[0]) >= 1


def test_a_take_that_fails_again_and_again_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OutputError("cannot write")

    monkeypatch.setattr(take_draft, "TakeWriter", refuse)
    frames = WaitingFrames()
    with take_log(frames, world_controls(), tmp_path / "a.take") as log:
        for number in range(20):
            frames.put(Frame(grey(100), number, time.monotonic()))
            time.sleep(0.05)
    assert log.written == 0
    assert caplog.text.count("cannot write") == 3 and list(tmp_path.iterdir()) == []
    with pytest.raises(OutputError, match="cannot write"):
        log.check()


@pytest.mark.parametrize("force", [False, True])
def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path, force: bool) -> None:
    frames, path = WaitingFrames(), tmp_path / "a.take"
    if force:
        path.write_bytes(b"old")
    with take_log(frames, world_controls(), path, force=force) as log:
        put(frames, log, grey(100), 0)
        time.sleep(0.2)
        path.write_bytes(b"of somebody else")
    assert path.read_bytes() == b"of somebody else"
    assert len(read(tmp_path / "a-2.take")[0]) == 1


def test_a_source_without_a_frame_leaves_no_file(tmp_path: Path) -> None:
    with take_log(WaitingFrames(), world_controls(), tmp_path / "a.take") as log:
        pass
    with pytest.raises(OutputError, match="was not written: the source gave no frame"):
        log.check()
    assert list(tmp_path.iterdir()) == []
