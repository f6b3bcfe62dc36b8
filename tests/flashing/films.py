"""Generated films: some that flash, some that do not. All are uint8 BGR and the same at every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from realtime.capture.registry import open_source
from realtime.capture.source import EndOfSource, SourceOptions

Image = NDArray[np.uint8]

FPS = 30
SIZE_HW = (234, 416)
SECONDS = 2


def read(path: Path) -> list[Image]:
    """Every image of a video."""
    with closing(open_source(str(path), SourceOptions())) as source:
        images = []
        try:
            while True:
                images.append(source.read())
        except EndOfSource:
            return images


def numbers(seconds: float = SECONDS, fps: int = FPS) -> range:
    return range(round(seconds * fps))


def is_first_half(number: int, hertz: float, fps: int = FPS) -> bool:
    """Whether the image is in the first half of its period."""
    return int(2 * hertz * number / fps + 1e-6) % 2 == 0


def flat(bgr: tuple[int, int, int]) -> Image:
    return np.full((*SIZE_HW, 3), bgr, np.uint8)


def texture(seed: int, hw: tuple[int, int] = SIZE_HW, *, grain: int = 40) -> Image:
    """Soft colour noise with details of about `grain` pixels."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (hw[0] // grain + 2, hw[1] // grain + 2, 3), dtype=np.uint8)
    fine = rng.integers(-12, 13, (*hw, 1))
    picture = cv2.resize(coarse, hw[::-1], interpolation=cv2.INTER_CUBIC)
    noisy: Image = np.clip(picture + fine, 0, 255).astype(np.uint8)
    return noisy


def alternating(first: tuple[int, int, int], second: tuple[int, int, int], hertz: float, fps: int = FPS) -> list[Image]:
    images = flat(first), flat(second)
    return [images[not is_first_half(number, hertz, fps)] for number in numbers(fps=fps)]


def strobing_tile(share: float = 0.03, hertz: float = 15) -> list[Image]:
    """A tile that turns black and white on a picture that stands still."""
    height, width = SIZE_HW
    rows, cols = round(height * share**0.5) + 1, round(width * share**0.5) + 1
    film = []
    for number in numbers():
        image = texture(1)
        image[80 : 80 + rows, 190 : 190 + cols] = 255 if is_first_half(number, hertz) else 0
        film.append(image)
    return film


def strobing_dream(hertz: float = 7.5) -> list[Image]:
    """A pattern that swaps its light and dark parts, so that its mean stays the same."""
    pattern = texture(2, grain=24).astype(np.float32) - 128
    images = [np.clip(128 + 1.2 * sign * pattern, 0, 255).astype(np.uint8) for sign in (1, -1)]
    return [images[is_first_half(number, hertz)] for number in numbers()]


def unsteady_mosaic() -> list[Image]:
    """Tiles of 8 x 4, whose brightness jumps from image to image, together."""
    rng = np.random.default_rng(3)
    height, width = SIZE_HW[0] // 4 * 4, SIZE_HW[1] // 8 * 8
    tiles = [texture(seed, (height // 4 - 2, width // 8 - 2), grain=12) for seed in range(32)]
    film = []
    for _ in numbers():
        gain = rng.uniform(0.3, 1.0)
        image = flat((16, 13, 11))
        for place, tile in enumerate(tiles):
            top, left = place // 8 * height // 4, place % 8 * width // 8
            image[top : top + tile.shape[0], left : left + tile.shape[1]] = tile * gain
        film.append(image)
    return film


def pulsing_picture(hertz: float = 5) -> list[Image]:
    """A picture under a lamp that pulses smoothly: its pixels change at different times."""
    picture = texture(4).astype(np.float32)
    waves = (0.55 + 0.45 * np.cos(2 * np.pi * hertz * number / FPS) for number in numbers())
    return [(picture * wave).astype(np.uint8) for wave in waves]


def cuts(every: float = 4, seconds: float = 9) -> list[Image]:
    """Hard cuts between a dark and a bright picture."""
    pictures = [(texture(seed) * gain).astype(np.uint8) for seed, gain in ((5, 0.2), (6, 1.0))]
    return [pictures[int(number / FPS // every) % 2] for number in numbers(seconds)]


def moving(seconds: float = 4) -> list[Image]:
    """Ordinary footage: a hand-held camera over a picture in front of which bright and dark things move."""
    scene = texture(7, (SIZE_HW[0] + 80, SIZE_HW[1] + 80), grain=18)
    return list(_walk(scene, seconds))


def _walk(scene: Image, seconds: float) -> Iterator[Image]:
    rng = np.random.default_rng(8)
    for number in numbers(seconds):
        time = number / FPS
        top, left = round(40 + 20 * np.sin(2.1 * time)), round(40 + 35 * np.sin(1.3 * time))
        image = scene[top : top + SIZE_HW[0], left : left + SIZE_HW[1]].copy()
        for person, shade in enumerate((250, 20, 140)):
            x, y = (
                round(208 + 170 * np.sin(time * (0.4 + 0.2 * person) + person)),
                round(130 + 6 * np.sin(9 * time + person)),
            )
            cv2.ellipse(
                image, (x, y), (26, 72), 0, 0, 360, (shade, shade, min(shade + 20, 255)), cv2.FILLED, cv2.LINE_AA
            )
        noise = rng.normal(0, 3, image.shape)
        yield np.clip(image * (1 + 0.03 * np.sin(20 * time)) + noise, 0, 255).astype(np.uint8)


BLACK, WHITE, RED, BLUE = (0, 0, 0), (255, 255, 255), (0, 0, 255), (255, 0, 0)

FLASHING: dict[str, tuple[Callable[[], list[Image]], int]] = {
    "black and white, 4 Hz": (lambda: alternating(BLACK, WHITE, 4), FPS),
    "black and white, 10 Hz": (lambda: alternating(WHITE, BLACK, 10), FPS),
    "black and white, 15 Hz": (lambda: alternating(BLACK, WHITE, 15), FPS),
    "black and white, 30 Hz": (lambda: alternating(WHITE, BLACK, 30, fps=60), 60),
    "red and blue, 15 Hz": (lambda: alternating(RED, BLUE, 15), FPS),
    "a tile of 3 %": (strobing_tile, FPS),
    "a dream": (strobing_dream, FPS),
    "a mosaic with unsteady gain": (unsteady_mosaic, FPS),
    "a lamp that pulses": (pulsing_picture, FPS),
}
"""The worst cases, with their frame rates."""

CALM: dict[str, Callable[[], list[Image]]] = {"cuts every 4 s": cuts, "things that move": moving}
"""What has to pass unchanged, at FPS."""
