"""The test pattern: moving shapes, edges and textures at many scales, a function of the frame number alone."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from realtime.capture.source import Source, SourceKind
from realtime.imaging.frame import Image

WIDTH, HEIGHT = 640, 480
TURN = 2 * math.pi
SUBPIXEL = 4  # fraction bits of the points passed to OpenCV

Field = NDArray[np.uint8]
"""A phase per pixel, 256 to a full turn: adding a number moves the texture, and overflow wraps around."""


class Pattern(Source):
    """An endless source without a camera; frame n is the same in every run."""

    name = "pattern"
    live = False

    def __init__(self, fps: float = 30.0) -> None:
        self.fps = fps
        self._index = 0
        self._clouds = _clouds()
        self._palette = _palette()
        self._rings = _Disc(72)
        self._ball = _Disc(84)

    def read(self) -> Image:
        """Draw the next image, (480, 640, 3)."""
        seconds = self._index / self.fps
        self._index += 1
        image = self._sky(seconds)
        _flower(image, seconds)
        _orbits(image, seconds)
        self._rings.paint(image, _drift(seconds, 17, 13, 0.0), self._rings.ripples(seconds))
        self._ball.paint(image, _drift(seconds, 11, 7, 2.0), self._ball.checkers(seconds))
        _weave(image, seconds)
        return image

    def skip(self) -> None:
        """Skip one frame."""
        self._index += 1

    def _sky(self, seconds: float) -> Image:
        first, second, third = self._clouds
        waves = _SINE[first + _phase(seconds, 9)] // 3 + _SINE[second - _phase(seconds, 14)] // 3
        waves += _SINE[third + _phase(seconds, 23)] // 3
        colours = self._palette[waves + _phase(seconds, 40)]
        return np.asarray(cv2.resize(colours, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)


class _Disc:
    """A round piece of texture, flat or shaded like a ball, for painting at any position."""

    def __init__(self, radius: int) -> None:
        y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1] / radius
        self._distance = np.hypot(x, y)
        height = np.sqrt(np.clip(1 - self._distance**2, 0, None))
        self._radius = radius
        self._cover = np.clip((1 - self._distance) * radius, 0, 1).astype(np.float32)[..., None]
        self._light = np.clip(0.25 + 0.9 * (height * 0.7 - x * 0.4 - y * 0.5), 0.12, 1).astype(np.float32)
        self._across = _turns(np.arctan2(x, height + 1e-6) / TURN * 6)
        self._down = _turns(np.arcsin(np.clip(y, -1, 1)) / TURN * 6)
        self._squares = _turns(self._distance**2 * 9)

    def checkers(self, seconds: float) -> NDArray[np.float32]:
        """A turning ball with red and white squares."""
        odd = ((self._across + _phase(seconds, 5)) ^ self._down) >> 7
        colours = np.array([(245, 245, 250), (40, 30, 225)], np.float32)
        return np.asarray(colours[odd] * self._light[..., None], np.float32)

    def ripples(self, seconds: float) -> NDArray[np.float32]:
        """Rings that grow finer outwards: every spatial frequency in one image."""
        waves = _SINE[self._squares - _phase(seconds, 2)].astype(np.float32)[..., None]
        return np.asarray(waves * np.array((0.98, 0.95, 0.85), np.float32))

    def paint(self, image: Image, centre: tuple[int, int], colours: NDArray[np.float32]) -> None:
        """Blend the disc into `image` with a soft edge; it must lie inside."""
        x, y = centre[0] - self._radius, centre[1] - self._radius
        side = 2 * self._radius + 1
        below = image[y : y + side, x : x + side]
        below[:] = below + (colours - below) * self._cover


def _flower(image: Image, seconds: float) -> None:
    """Nested rings of petals in the middle, turning in opposite directions."""
    for number, (radius, petals, colour) in enumerate(_RINGS):
        angles = np.linspace(0, TURN, 181)
        spin = seconds * (0.35 if number % 2 else -0.25)
        reach = radius * (0.72 + 0.28 * np.cos(petals * angles) + 0.05 * math.sin(seconds + number))
        points = np.stack([reach * np.cos(angles + spin) + WIDTH / 2, reach * np.sin(angles + spin) + HEIGHT / 2], 1)
        _fill(image, points, colour)
        _outline(image, points, tuple(part * 0.35 for part in colour))


def _orbits(image: Image, seconds: float) -> None:
    """Polygons of three to eight sides on an ellipse around the flower, large ones and small ones."""
    for number in range(12):
        around = TURN * number / 12 + seconds * 0.2
        size = 9 + 13 * (1 + math.sin(around * 3 + seconds))
        middle = (WIDTH / 2 + 270 * math.cos(around), HEIGHT / 2 + 195 * math.sin(around))
        points = _polygon(3 + number % 6, size, seconds * (number % 3 - 1) * 1.5) + middle
        _fill(image, points, _RINGS[number % len(_RINGS)][2])
        _outline(image, points, (25, 15, 20))


def _weave(image: Image, seconds: float) -> None:
    """Bars along the lower edge that run from broad to fine, like a resolution chart."""
    x = np.arange(WIDTH, dtype=np.float32)
    bars = _SINE[_turns((x / WIDTH) ** 2 * 40 - seconds * 0.5)]
    image[HEIGHT - 22 : HEIGHT - 8] = np.where(bars > 127, 240, 20).astype(np.uint8)[None, :, None]


def _fill(image: Image, points: NDArray[np.float64], colour: tuple[float, ...]) -> None:
    cv2.fillPoly(image, [_fixed(points)], colour, cv2.LINE_AA, SUBPIXEL)


def _outline(image: Image, points: NDArray[np.float64], colour: tuple[float, ...]) -> None:
    cv2.polylines(image, [_fixed(points)], True, colour, 2, cv2.LINE_AA, SUBPIXEL)


def _fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.asarray(np.round(points * 2**SUBPIXEL), np.int32)


def _polygon(sides: int, radius: float, angle: float) -> NDArray[np.float64]:
    corners = angle + TURN * np.arange(sides) / sides
    return radius * np.stack([np.cos(corners), np.sin(corners)], 1)


def _drift(seconds: float, across: float, down: float, start: float) -> tuple[int, int]:
    """The position of a disc that moves with two periods and stays inside the image."""
    x = WIDTH / 2 + 220 * math.sin(TURN * seconds / across + start)
    y = HEIGHT / 2 + 130 * math.cos(TURN * seconds / down + start)
    return round(x), round(y)


def _phase(seconds: float, period: float) -> np.uint8:
    return np.uint8(int(seconds / period * 256) % 256)


def _turns(values: NDArray[np.floating]) -> Field:
    return (values * 256).astype(np.int64).astype(np.uint8)


def _clouds() -> tuple[Field, Field, Field]:
    """Three slow fields at a quarter of the size, whose sum moves like oil on water."""
    y, x = np.mgrid[0 : HEIGHT // 4, 0 : WIDTH // 4] / (HEIGHT / 4)
    bent = x + 0.25 * np.sin(y * 5)
    return _turns(bent), _turns(y * 0.8 + 0.2 * np.sin(x * 4)), _turns(np.hypot(x - 0.66, y - 0.5) * 1.3)


def _palette() -> Image:
    """A cycle of 256 colours: violet, night blue, teal."""
    circle = np.arange(256) / 256 * TURN
    parts = [104 + 52 * np.cos(circle), 62 + 58 * np.cos(circle + 1.2), 58 + 46 * np.cos(circle - 1.9)]
    return np.stack(parts, 1).astype(np.uint8)


_SINE: Field = np.round(127.5 + 127.5 * np.sin(np.arange(256) / 256 * TURN)).astype(np.uint8)
_RINGS: tuple[tuple[float, int, tuple[float, float, float]], ...] = (
    (165, 12, (90, 50, 200)),
    (130, 9, (60, 150, 250)),
    (96, 7, (90, 215, 255)),
    (62, 5, (160, 120, 235)),
    (32, 6, (120, 215, 120)),
)


PATTERN = SourceKind(
    expected="'pattern'", matches=lambda text: text == "pattern", open=lambda _text, options: Pattern(options.fps)
)
