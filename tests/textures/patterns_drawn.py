"""Patterns that are drawn: figures, writing, faces, and the marks of pens and brushes."""

import string

import cv2
import numpy as np

from tests.textures.colours import (
    Colour,
    Picture,
    any_colour,
    dark_and_light,
    drawn,
    hsv,
    mix,
    near,
    one_of,
    paint,
    ramp,
    several,
    shaded,
    sheet,
    two,
)
from tests.textures.fields import Field, Rng, bars, fractal, grain, noise, plane, polar, scatter, step

FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)
SIGNS = np.array(list(string.ascii_letters + string.digits + "      "))
SHIFT = 3  # fraction bits of coordinates


def spirals(rng: Rng, size: int) -> Picture:
    """Arms that wind around one centre."""
    x, y = plane(size)
    radius, turn = polar(x - rng.uniform(-0.12, 0.12), y - rng.uniform(-0.12, 0.12))
    arms, side = int(rng.integers(1, 5)), rng.choice([-1, 1])
    if rng.random() < 0.6:
        count = rng.uniform(6, 12)
        return mix(bars(radius * count + side * arms * turn, rng.uniform(0.35, 0.65), count * 2 / size), *two(rng))
    winding = np.log(radius + 0.01) * rng.uniform(0.8, 1.5)
    arms = max(arms, 2)
    softness = np.clip(arms / size / (radius + 0.02), 0.05, 2)
    return mix(bars((winding * side + turn) * arms, 0.5, softness), *two(rng))


def rings(rng: Rng, size: int) -> Picture:
    """Circles around one centre: a target."""
    x, y = plane(size)
    radius = np.hypot(x - rng.uniform(-0.15, 0.15), y - rng.uniform(-0.15, 0.15))
    count = rng.uniform(7, 18)
    return mix(bars(radius * count + rng.random(), rng.uniform(0.3, 0.7), count * 2 / size), *two(rng))


def stars(rng: Rng, size: int) -> Picture:
    """Five-pointed stars, scattered."""
    ground, colour = two(rng)
    if rng.random() < 0.3:
        ground, colour = near(rng, (20, 25, 70)), near(rng, (250, 210, 60))
    canvas = sheet(size, ground)
    across = rng.uniform(2.8, 6)
    corner = np.arange(10) * 0.2 * np.pi
    outline = np.stack([np.cos(corner), np.sin(corner)], -1) * np.where(np.arange(10) % 2, 0.42, 1.0)[:, None]
    for place in scatter(rng, size, across, 0.5):
        turn = rng.uniform(0, 2 * np.pi)
        axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        points = place + outline @ axes * size / across * rng.uniform(0.3, 0.5)
        cv2.fillPoly(canvas, [_fixed(points)], paint(colour), cv2.LINE_AA, SHIFT)
    return drawn(canvas)


def _fixed(points: Field) -> Field:
    """Points for OpenCV, in fractions of a pixel."""
    return np.asarray(np.rint(points * 2**SHIFT), np.int32)


def letters(rng: Rng, size: int) -> Picture:
    """Lines of writing."""
    paper, ink = (near(rng, (240, 236, 225)), near(rng, (25, 25, 30))) if rng.random() < 0.5 else two(rng, 0.45)
    canvas = sheet(size, paper)
    font, height = FONTS[rng.integers(len(FONTS))], rng.uniform(0.07, 0.22) * size
    thick = max(1, round(height * rng.uniform(0.06, 0.16)))
    for line in np.arange(-0.2 * height, size + height, height * rng.uniform(1.3, 1.7)):
        text = "".join(rng.choice(SIGNS, 40))
        cv2.putText(
            canvas, text, (-int(rng.uniform(0, 20)), int(line)), font, height / 22, paint(ink), thick, cv2.LINE_AA
        )
    return drawn(canvas)


def crosshatching(rng: Rng, size: int) -> Picture:
    """Pen strokes laid across each other, denser in the shade."""
    x, y = plane(size)
    tone = fractal(rng, size, rng.uniform(1.5, 3), octaves=2)
    ink = np.zeros((size, size), np.float32)
    first, lines = rng.random(), rng.uniform(16, 30)
    for layer, angle in enumerate((0, rng.uniform(0.2, 0.3), rng.uniform(0.1, 0.15))):
        turn = (first + angle) * 2 * np.pi
        wobble = noise(rng, size, 8) * 0.12 + noise(rng, size, 30) * 0.07
        along = x * np.cos(turn) + y * np.sin(turn)
        weight = 0.16 + 0.12 * noise(rng, size, 12)
        shade = step(tone - 0.3 * layer + 0.18, 0.12)
        ink = np.maximum(ink, bars(along * lines + wobble, weight * 1.6, lines * 1.6 / size) * shade)
    paper, pen = near(rng, (240, 234, 220)), one_of(rng, (25, 25, 30), (70, 40, 25), (30, 40, 90))
    if rng.random() < 0.2:
        pen, paper = dark_and_light(rng, 0.5)
    return mix(ink * 0.95, paper, pen)


def pointillism(rng: Rng, size: int) -> Picture:
    """Small dabs of pure colours, thick as in a painting by Seurat."""
    palette = np.stack([hsv(rng.random(), rng.uniform(0.5, 1), rng.uniform(0.45, 1)) for _ in range(9)])
    place = np.clip(fractal(rng, size, 3, octaves=1) * 6, 0, 5).astype(int)
    canvas = sheet(size, palette[0] * 0.4 + 0.5)
    across = rng.uniform(20, 34)
    for spread in (1.5, 0.7):
        where = np.clip(scatter(rng, size, across, spread), 0, size - 1)
        colours = palette[place[where[:, 1].astype(int), where[:, 0].astype(int)] + rng.integers(0, 4, len(where))]
        colours = np.clip(colours * rng.uniform(0.8, 1.2, (len(where), 1)), 0, 1)
        for centre, colour in zip(_fixed(where).tolist(), (colours * 255).tolist(), strict=True):
            cv2.circle(canvas, centre, int(0.42 * size / across * 2**SHIFT), colour, -1, cv2.LINE_AA, SHIFT)
    return drawn(canvas)


def brush_strokes(rng: Rng, size: int) -> Picture:
    """Oil paint: overlapping broad strokes with traces of the bristles."""
    palette = several(rng, 7)
    canvas = sheet(size, palette[0])
    flow = rng.random() + noise(rng, size, 2) * rng.uniform(0.05, 0.2)
    width = rng.uniform(0.06, 0.11) * size
    for place in rng.uniform(0, size, (int(4 * (size / width) ** 0.9), 2)):
        turn = float(flow[int(place[1]), int(place[0])] + rng.normal(0, 0.03)) * 2 * np.pi
        along = np.array([np.cos(turn), np.sin(turn)]) * width * rng.uniform(1.0, 2.0)
        side = np.array([-np.sin(turn), np.cos(turn)]) * width
        colours = palette[rng.integers(7)] * rng.uniform(0.65, 1.25, 6)[:, None]
        reach = rng.uniform(0.8, 1.15, (6, 2, 1))
        ends = place + np.stack([-along, along]) * reach + np.linspace(-0.5, 0.5, 6)[:, None, None] * side
        for (start, end), colour in zip(_fixed(ends).tolist(), colours, strict=True):
            cv2.line(canvas, start, end, paint(colour), max(1, round(width / 5)), cv2.LINE_AA, SHIFT)
    return drawn(canvas)


def watercolour(rng: Rng, size: int) -> Picture:
    """Thin blots on paper, paler inside, with a dark rim where the colour dried."""
    x, y = plane(size)
    picture = np.tile(near(rng, (246, 242, 232), 0.02), (size, size, 1))
    torn, wash = fractal(rng, size, 5, octaves=4) - 0.5, fractal(rng, size, 4, octaves=2)
    for place in rng.uniform(-0.5, 0.5, (int(rng.integers(6, 14)), 2)):
        distance = np.hypot(x - place[0], y - place[1]) / rng.uniform(0.1, 0.28)
        height = 1 - distance + np.roll(torn, int(rng.integers(size)), int(rng.integers(2))) * 1.1
        rim = np.exp(-((height - 0.04) ** 2) / 0.004) * 0.35
        tint = hsv(rng.random(), rng.uniform(0.5, 1), rng.uniform(0.6, 1))
        picture = picture * (1 - np.clip(step(height, 0.08) * (0.35 + 0.45 * wash) + rim, 0, 1)[..., None] * (1 - tint))
    return shaded(np.asarray(picture, np.float32), 0.97 + 0.03 * grain(rng, size))


SKIN = ((245, 205, 175), (225, 175, 140), (195, 140, 100), (140, 90, 60), (90, 55, 38))
HAIR = ((30, 20, 15), (80, 50, 30), (150, 100, 55), (215, 180, 110), (120, 50, 25), (150, 150, 150))


def eyes(rng: Rng, size: int) -> Picture:
    """Eyes: lids, white, iris with rays, pupil, highlight."""
    skin = near(rng, SKIN[rng.integers(len(SKIN))])
    picture = ramp(0.5 + 0.4 * noise(rng, size, 3), skin * 0.85, skin)
    if rng.random() < 0.25:
        picture = np.tile(any_colour(rng), (size, size, 1))
    iris = one_of(rng, (70, 110, 160), (90, 60, 30), (80, 120, 70), (120, 125, 130), (200, 140, 30))
    across = rng.choice([1.3, 2.2, 3.2])
    white = near(rng, (240, 236, 230), 0.02)
    gaze = rng.uniform(-0.12, 0.12, 2)
    for place in scatter(rng, size, across, 0.15) / size - 0.5:
        picture = _eye(picture, place, rng.uniform(0.38, 0.46) / across, (white, iris), gaze)
    return shaded(picture, 0.95 + 0.05 * grain(rng, size) * 0.5)


def _eye(picture: Picture, place: Field, radius: float, colours: tuple[Colour, Colour], gaze: Field) -> Picture:
    """One eye, of half the width `radius`; `colours` of the white and of the iris."""
    x, y = plane(len(picture))
    columns, rows = (np.flatnonzero(np.abs(axis) < 1.1 * radius) for axis in (x[0] - place[0], y[:, 0] - place[1]))
    box = np.ix_(rows, columns)
    if not rows.size or not columns.size:
        return picture
    u, v = (x[box] - place[0]) / radius, (y[box] - place[1]) / radius
    soft = 2 / len(picture) / radius
    lid = np.where(np.abs(u) < 1, 0.62 * (1 - u**2), -1) - np.abs(v)
    lash = step(0.1 - np.abs(lid), 0.08) * (v < 0.05)
    ball = _eyeball(u - gaze[0], v - gaze[1], soft, colours) * (1 - 0.25 * u[..., None] ** 2)
    picture[box] = mix(lash, mix(step(lid, soft), picture[box], np.clip(ball, 0, 1)), colours[1] * 0.2)
    return picture


def _eyeball(u: Field, v: Field, soft: float, colours: tuple[Colour, Colour]) -> Picture:
    """White, iris, pupil and highlight; u and v are distances from the pupil in half widths of the eye."""
    distance, turn = polar(u, v)
    rays = 0.8 + 0.35 * np.sin(turn * 2 * np.pi * 23) * np.sin(distance * 9)
    rays = rays * (1 - 0.55 * step(distance - 0.41, 0.1))
    ball = mix(step(0.48 - distance, soft), colours[0], colours[1] * rays[..., None])
    ball = mix(step(0.2 - distance, soft), ball, np.zeros(3, np.float32))
    return mix(step(0.09 - np.hypot(u + 0.14, v + 0.15), soft), ball, np.ones(3, np.float32))


def faces(rng: Rng, size: int) -> Picture:
    """A face from the front: hair, brows, eyes, nose, mouth."""
    canvas = sheet(size, any_colour(rng) * 0.8 + 0.1)
    across = rng.choice([1.35, 2.0, 2.9], p=(0.6, 0.25, 0.15))
    for place in scatter(rng, size, across, 0.1, staggered=False) + size / across / 2 * (across < 1.9):
        _face(canvas, rng, place, size / across * rng.uniform(0.36, 0.42))
    return drawn(canvas)


def _face(canvas: Picture, rng: Rng, place: Field, radius: float) -> None:
    """One face; sizes are in units of its half height."""
    skin, mop = near(rng, SKIN[rng.integers(len(SKIN))], 0.03), near(rng, HAIR[rng.integers(len(HAIR))], 0.03)
    lips = skin * 0.6 + np.array([0.12, 0.1, 0.3]) * rng.uniform(0.6, 1.2)
    wide, smile = rng.uniform(0.7, 0.85), rng.uniform(0.05, 0.2)

    def oval(x: float, y: float, across: float, down: float, colour: Colour, *arc: float) -> None:
        centre, axes = _fixed(place + np.array([x, y]) * radius), _fixed(np.array([across, down]) * radius)
        thick = max(1, round(radius * 0.06)) if arc else -1
        start, end = arc or (0, 360)
        cv2.ellipse(canvas, centre.tolist(), axes.tolist(), 0, start, end, paint(colour), thick, cv2.LINE_AA, SHIFT)

    oval(0, rng.uniform(-0.2, 0.1), wide * 1.2, 1.12, mop)
    oval(0, 0.95, 0.35, 0.5, skin * 0.8)
    oval(0, 0.08, wide, 1, skin)
    oval(0, -0.95, wide * 0.85, rng.uniform(0.28, 0.5), mop)
    for side in (-1, 1):
        oval(side * 0.34, -0.1, 0.17, 0.1, near(rng, (245, 242, 238), 0.01))
        oval(side * 0.34, -0.1, 0.09, 0.1, mop * 0.4)
        oval(side * 0.34, -0.24, 0.22, 0.12, mop * 0.6, 200, 340)
    oval(0, 0.16, 0.12, 0.22, skin * 0.72, 20, 160)
    oval(0, 0.5, 0.3, smile, np.clip(lips, 0, 1))
    oval(0, 0.5, 0.3, 0.02, lips * 0.5, 0, 360)
