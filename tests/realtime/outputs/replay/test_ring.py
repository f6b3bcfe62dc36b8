from __future__ import annotations

import numpy as np
import pytest

from realtime.imaging.frame import Image
from realtime.outputs.recording.encoding import Wh
from realtime.outputs.replay import ring
from realtime.outputs.replay.clip import Clip
from realtime.outputs.replay.packets import images
from realtime.outputs.replay.ring import Replay
from tests.realtime.outputs.recording.films import flags


def grey(value: int) -> Image:
    return np.full((90, 160, 3), value, np.uint8)


def clip_of(replay: Replay) -> Clip:
    clip = replay.clip()
    assert clip is not None
    return clip


def greys(replay: Replay) -> list[int]:
    return [round(float(image.mean()) / 5) * 5 for image, count in images(clip_of(replay)) for _ in range(count)]


def test_the_ring_keeps_the_last_seconds() -> None:
    replay = Replay(seconds=2.0, fps=10.0)
    for value in range(0, 250, 5):
        replay.add(grey(value))
    assert greys(replay) == list(range(150, 250, 5))
    replay.add(grey(250), times=5)
    assert greys(replay) == [*range(175, 250, 5), *[250] * 5]


def test_the_same_image_again_takes_no_memory() -> None:
    replay, image = Replay(seconds=2.0, fps=10.0), grey(100)
    for _ in range(50):
        replay.add(image)
    replay.add(grey(200))
    assert len(clip_of(replay).encoded) == 2
    assert greys(replay) == [*[100] * 19, 200]


def test_the_length_can_change_at_any_time() -> None:
    replay = Replay(seconds=3.0, fps=10.0)
    for value in range(0, 200, 5):
        replay.add(grey(value))
    replay.seconds = 1.0
    assert greys(replay) == list(range(150, 200, 5))
    replay.seconds = 0.0
    assert replay.clip() is None
    replay.add(grey(5))
    replay.seconds = 1.0
    assert replay.clip() is None
    replay.add(grey(50))
    assert greys(replay) == [50]


def test_memory_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "MOST_BYTES", 200_000)
    replay, noise = Replay(seconds=100.0, fps=10.0), np.random.default_rng(0)
    for _ in range(60):
        replay.add(noise.integers(0, 255, (90, 160, 3), np.uint8))
    clip = clip_of(replay)
    assert sum(len(each.packet) for each in clip.encoded) <= 200_000
    assert 1.0 <= clip.seconds < 6.0


@pytest.mark.parametrize(
    ("size_wh", "kept_wh"), [((2560, 1442), (1920, 1082)), ((640, 2), (640, 2)), ((99, 55), (98, 54))]
)
def test_the_ring_keeps_the_size_up_to_a_limit(size_wh: Wh, kept_wh: Wh) -> None:
    replay = Replay(fps=10.0)
    replay.add(flags(size_wh))
    assert next(images(clip_of(replay)))[0].shape[1::-1] == kept_wh


def test_another_size_is_fitted_into_the_first() -> None:
    replay = Replay(fps=10.0)
    replay.add(grey(100))
    replay.add(np.full((300, 160, 3), 100, np.uint8))
    assert [image.shape for image, _ in images(clip_of(replay))] == [(90, 160, 3)] * 2
