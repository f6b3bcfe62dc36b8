from __future__ import annotations

from pathlib import Path

import numpy as np

from realtime.outputs.replay.clip import Clip
from realtime.outputs.replay.ring import Replay
from realtime.outputs.replay.saved_replay import SavedReplay
from realtime.saved_settings.read_text import read_text
from tests.realtime.outputs.recording.films import read_film


def minute_of_greys() -> Clip:
    """The last 60 of 70 seconds; each frame has a brightness of its own for a second."""
    replay = Replay(seconds=60.0, fps=20.0)
    for step in range(70 * 20):
        replay.add(np.full((36, 64, 3), 40 + 10 * (step % 20), np.uint8))
    clip = replay.clip()
    assert clip is not None
    return clip


def test_a_minute_has_its_length_and_its_first_and_last_frame(tmp_path: Path) -> None:
    job = SavedReplay(tmp_path / "replay.mp4", minute_of_greys(), done=lambda _job: None)
    job.start()
    assert job.join(10)
    assert job.saved
    pictures, seconds = read_film(job.path)
    assert seconds == 60.0
    levels = [round((float(picture.mean()) - 40) / 10) for picture in pictures]
    assert levels == list(range(20)) * 60


def test_a_replay_begins_between_two_key_images(tmp_path: Path) -> None:
    replay = Replay(seconds=1.25, fps=20.0)
    for step in range(50):
        replay.add(np.full((36, 64, 3), 5 * step, np.uint8))
    clip = replay.clip()
    assert clip is not None and clip.begin == 25 and clip.encoded[0].time == 20
    job = SavedReplay(tmp_path / "replay.mp4", clip, done=lambda _job: None)
    job.start()
    assert job.join(10)
    pictures, seconds = read_film(job.path)
    assert seconds == 1.25
    assert [round(float(picture.mean()) / 5) for picture in pictures] == list(range(25, 50))


def test_no_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "replay.mp4"
    path.write_bytes(b"somebody else's")
    job = SavedReplay(path, minute_of_greys(), done=lambda _job: None)
    job.start()
    assert job.join(10)
    assert path.read_bytes() == b"somebody else's"
    assert job.path.name == "replay-2.mp4"
    assert "as another program has written replay.mp4" in job.note


def test_a_replay_has_the_settings_of_the_show_inside(tmp_path: Path) -> None:
    job = SavedReplay(tmp_path / "replay.mp4", minute_of_greys(), text="the settings", done=lambda _job: None)
    job.start()
    assert job.join(20)
    assert read_text(tmp_path / "replay.mp4") == "the settings"
