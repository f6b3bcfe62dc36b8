"""Folders of pictures that a network can learn from in seconds."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

ODD = "a & <b>$x$"
"""A class whose name must not become markup or mathematics."""


def draw(folder: Path, name: str, count: int, colour: tuple[int, int, int]) -> Path:
    """Write noisy pictures of a colour, of odd sizes."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(len(name))
    for number in range(count):
        noise = rng.integers(0, 80, (40 + number, 50, 3))
        cv2.imwrite(str(folder / name / f"{number}.png"), (noise + np.array(colour)).astype(np.uint8))
    return folder


def colours(folder: Path) -> Path:
    """Three classes of eight pictures, and one that is broken."""
    for name, colour in ((ODD, (170, 0, 0)), ("green", (0, 170, 0)), ("red", (0, 0, 170))):
        draw(folder, name, 8, colour)
    (folder / "red" / "<i>.jpg").write_bytes(b"no picture")
    return folder
