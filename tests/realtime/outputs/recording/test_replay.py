from __future__ import annotations

import numpy as np
import pytest

from realtime.outputs.recording.encoding import Wh
from realtime.outputs.recording.replay import Replay
from tests.realtime.outputs.recording.films import flags


def test_the_ring_keeps_the_last_seconds() -> None:
    ring = Replay(seconds=2.0, fps=10.0)
    for value in range(50):
        ring.add(np.full((90, 160, 3), value, np.uint8))
    assert len(ring) == 20
    held = ring.images()
    ring.add(np.full((90, 160, 3), 250, np.uint8), times=5)
    assert [int(np.median(picture)) for picture in held] == list(range(30, 50))
    assert [int(np.median(picture)) for picture in ring.images()] == [*range(35, 50), *[250] * 5]


@pytest.mark.parametrize(
    ("size_wh", "kept_wh"), [((1280, 721), (640, 360)), ((640, 2), (640, 2)), ((99, 55), (99, 55))]
)
def test_the_ring_never_enlarges(size_wh: Wh, kept_wh: Wh) -> None:
    ring = Replay(fps=10.0)
    ring.add(flags(size_wh))
    assert next(ring.images()).shape[1::-1] == kept_wh
