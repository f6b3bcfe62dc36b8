"""Pictures to record, and what was recorded, read back by others than those who wrote it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
from PIL import Image as Pillow
from PIL import ImageSequence

from realtime.imaging.frame import Image
from realtime.outputs.recording.encoding import Wh

COLOURS = {"red": (30, 20, 220), "green": (40, 200, 30), "blue": (210, 60, 20), "dark": (18, 6, 24)}
"""BGR."""


def flags(size_wh: Wh = (128, 96), *, step: int = 0) -> Image:
    """Four flat colours side by side, and a white square that `step` moves."""
    width, height = size_wh
    image = np.zeros((height, width, 3), np.uint8)
    for index, colour in enumerate(COLOURS.values()):
        image[:, index * width // 4 : (index + 1) * width // 4] = colour
    left = step * 3 % (width - 8)
    image[:8, left : left + 8] = 255
    return image


def flag_colours(image: Image) -> list[tuple[int, ...]]:
    """The colour in the middle of each flag of a picture."""
    height, width = image.shape[:2]
    return [tuple(int(value) for value in image[height // 2, (2 * index + 1) * width // 8]) for index in range(4)]


def read_film(path: Path, *, torn: bool = False, fps: float | None = None) -> tuple[list[Image], float]:
    """The pictures of a file, BGR, and the seconds that it lasts; only a `torn` one may end in the middle.

    Of an MP4, those of a player that shows `fps` pictures a second.
    """
    if path.suffix == ".mp4":
        return _read_video(path, torn=torn, fps=fps), imageio_ffmpeg.count_frames_and_secs(path)[1]
    with Pillow.open(path) as pillow:
        frames = [
            (np.array(frame.convert("RGB"))[:, :, ::-1], frame.info.get("duration", 0))
            for frame in ImageSequence.Iterator(pillow)
        ]
    return [frame for frame, _ in frames], sum(duration for _, duration in frames) / 1000


def _read_video(path: Path, *, torn: bool, fps: float | None) -> list[Image]:
    """What ffmpeg decodes; imageio's own reader leaves its pipes open."""
    rate = ("-vf", f"fps={fps}") if fps else ()
    command = (
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        "-i",
        path,
        *rate,
        "-f",
        "rawvideo",
        "-pix_fmt",
        "bgr24",
        "-",
    )
    decoded = subprocess.run(command, capture_output=True, check=True)
    assert torn or not decoded.stderr, decoded.stderr
    video = cv2.VideoCapture(str(path))
    width, height = int(video.get(cv2.CAP_PROP_FRAME_WIDTH)), int(video.get(cv2.CAP_PROP_FRAME_HEIGHT))
    video.release()
    return list(np.frombuffer(decoded.stdout, np.uint8).reshape(-1, height, width, 3))
