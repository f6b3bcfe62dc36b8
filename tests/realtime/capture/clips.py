"""Small real video files for tests, each picture of which tells its own number."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as imageio
import numpy as np

from realtime.imaging.frame import Image


def write_clip(path: Path, *, pictures: int = 24, fps: float = 12, size_wh: tuple[int, int] = (160, 128)) -> Path:
    """An H.264 clip with its index in front, so that a part of the file can be played."""
    options = ["-movflags", "+faststart", "-g", "6"]
    frames = np.stack([numbered(number, size_wh) for number in range(pictures)])
    imageio.imwrite(path, frames, fps=fps, codec="libx264", ffmpeg_log_level="quiet", output_params=options)
    return path


def numbered(number: int, size_wh: tuple[int, int] = (160, 128)) -> Image:
    """A picture in eight vertical bars, white where that bit of `number` is set."""
    bits = np.array([number >> bit & 1 for bit in range(8)], np.uint8) * 255
    row = np.repeat(bits, size_wh[0] // 8)
    return np.broadcast_to(row[None, :, None], (size_wh[1], size_wh[0], 3)).copy()


def number_of(image: Image) -> int:
    """The number that `numbered` wrote."""
    bars = image.shape[1] // 8
    bits = image[image.shape[0] // 2, bars // 2 :: bars, 1] > 127
    return sum(1 << bit for bit in range(8) if bits[bit])
