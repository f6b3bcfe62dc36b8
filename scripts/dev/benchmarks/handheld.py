"""A made film: a hand-held camera over pictures, with the noise of a sensor and a cut from picture to picture."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from realtime.imaging.frame import Floats, Image, hw

FPS = 30.0
SIZE_HW = (480, 640)
TAKE = 5.0  # seconds from cut to cut
NOISE = 4.0  # the standard deviation of the noise, grey levels


def handheld_film(pictures: Sequence[Image], seconds: float, seed: int = 0) -> Iterator[Image]:
    """Frames of SIZE_HW; the pictures follow one another in turn."""
    rng = np.random.default_rng(seed)
    for count in range(round(seconds * FPS)):
        now = count / FPS
        picture = pictures[int(now / TAKE) % len(pictures)]
        frame = cv2.warpAffine(
            picture,
            _view(now, hw(picture)),
            SIZE_HW[::-1],
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        yield (frame + rng.normal(0, NOISE, frame.shape)).clip(0, 255).astype(np.uint8)


def _view(now: float, picture_hw: tuple[int, int]) -> Floats:
    """The affine map from a pixel of the frame to the picture at `now` seconds: sway, a slow turn and a slow zoom."""
    height, width = picture_hw
    scale = min(height / SIZE_HW[0], width / SIZE_HW[1]) * (0.8 + 0.1 * np.sin(0.7 * now))
    angle = 0.05 * np.sin(0.9 * now)
    across = width * (0.5 + 0.06 * np.sin(1.3 * now) + 0.004 * np.sin(9 * now))
    down = height * (0.5 + 0.05 * np.sin(1.7 * now + 1) + 0.004 * np.sin(11 * now))
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = np.array([SIZE_HW[1] / 2, SIZE_HW[0] / 2])
    return np.asarray(np.column_stack([turn, np.array([across, down]) - turn @ centre]), np.float32)
