from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import SourceError
from realtime.capture.camera import open_camera
from realtime.capture.video import Live
from tests.realtime.capture.clips import number_of, write_clip


@pytest.fixture(scope="module")
def clip_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", pictures=24, fps=12)


def test_a_live_source_is_lost_after_three_bad_reads(clip_path: Path) -> None:
    capture = cv2.VideoCapture(str(clip_path), cv2.CAP_FFMPEG)  # stands for a device that stops giving pictures
    _, first = capture.read()
    live = Live("camera 0", capture, np.asarray(first, np.uint8))
    assert (live.live, live.format.size_wh, live.format.fps) == (True, (160, 128), 12.0)
    assert [number_of(live.read()) for _ in range(24)] == list(range(24))
    with pytest.raises(SourceError, match=r"^camera 0: no frame in 3 attempts$"):
        live.read()


def test_a_camera_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SourceError, match=r"^camera 99: "):
        open_camera(99)
