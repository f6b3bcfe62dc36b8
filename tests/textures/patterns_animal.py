"""Patterns of animals and plants: coats, plumage, grass, leaves, flowers."""

import cv2
import numpy as np

from tests.textures.colours import (
    Colour,
    Picture,
    any_colour,
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
)
from tests.textures.fields import (
    Field,
    Rng,
    displaced,
    fractal,
    grain,
    noise,
    scatter,
    shingles,
    step,
    streaks,
    voronoi,
)

COATS = (
    ((70, 45, 30), (150, 105, 70), (215, 180, 140)),
    ((40, 38, 38), (95, 92, 90), (170, 168, 165)),
    ((120, 60, 20), (195, 115, 50), (245, 200, 150)),
    ((150, 140, 130), (215, 205, 195), (250, 248, 245)),
    ((12, 12, 14), (40, 38, 40), (85, 82, 85)),
)
"""Shadow, hair and shine."""


def hair(rng: Rng, size: int, flow: Field, length: float) -> Field:
    """Hairs along a flow (in turns): 0 in the shadow between them, 1 where they shine."""
    strands = streaks(grain(rng, size) + noise(rng, size, size / 3), flow, length)
    return np.asarray(np.clip(0.5 + strands / (4 * strands.std()), 0, 1))


def fur(rng: Rng, size: int) -> Picture:
    """The coat of an animal: fine hairs that lie along a slow flow, with soft markings."""
    flow = rng.random() + noise(rng, size, 2) * rng.uniform(0.05, 0.15)
    hairs = hair(rng, size, flow, rng.uniform(8, 28))
    markings = fractal(rng, size, rng.uniform(2, 5), octaves=2) * rng.choice([0.1, 0.4, 0.8])
    tones = [near(rng, colour, 0.03) for colour in COATS[rng.integers(len(COATS))]]
    if rng.random() < 0.12:
        tones = [tone * 0.3 + any_colour(rng) * tone.mean() for tone in tones]
    return ramp(hairs * 0.8 + 0.35 - markings, *tones)


def leopard(rng: Rng, size: int) -> Picture:
    """Broken dark rings with a tawny centre."""
    count = rng.uniform(5, 9)
    found = voronoi(scatter(rng, size, count, 0.55), size)
    pitch = size / count
    bend = [noise(rng, size, count * 1.6) * pitch * 0.16 for _ in range(2)]
    distance = displaced(found.centre, *bend) / pitch
    ring = step(rng.uniform(0.08, 0.13) - np.abs(distance - 0.3), 0.08)
    ring *= step(noise(rng, size, count * 2.2) + 0.42, 0.2)
    coat = one_of(rng, (220, 170, 95), (235, 195, 135), (205, 150, 75), (215, 212, 205))
    coat = coat if rng.random() < 0.85 else np.clip(any_colour(rng) * 0.5 + 0.45, 0, 1)
    hairs = 0.8 + 0.3 * hair(rng, size, np.full((size, size), rng.random(), np.float32), 8)
    heart = step(0.28 - distance, 0.1)
    return shaded(mix(ring, mix(heart, coat, coat * 0.72), near(rng, (35, 22, 15), 0.02)), hairs)


def zebra(rng: Rng, size: int) -> Picture:
    """Black bands on white that taper, fork and meet."""
    width = size / rng.uniform(14, 26)
    white = grain(rng, size * 2)[: size * 2, :size]
    long = cv2.GaussianBlur(white, (0, 0), sigmaX=width * rng.uniform(2.5, 4), sigmaY=width * 0.8)
    bands = (long - cv2.GaussianBlur(long, (0, 0), sigmaX=0.1, sigmaY=width * 1.6))[size // 2 : size // 2 + size]
    turn = noise(rng, size, 2) * size * 0.12
    bands = displaced(np.ascontiguousarray(bands), noise(rng, size, 2) * size * 0.05, turn)
    mask = step(bands / bands.std() + rng.uniform(-0.2, 0.2), 0.5)
    dark, light = near(rng, (28, 24, 24), 0.02), near(rng, (240, 235, 225), 0.03)
    hairs = 0.85 + 0.2 * hair(rng, size, np.full((size, size), rng.random(), np.float32), 8)
    return shaded(mix(mask, light, dark), hairs)


def scales(rng: Rng, size: int) -> Picture:
    """The skin of a fish or a snake: rows of overlapping round plates."""
    plates = shingles(size, rng.uniform(5, 11), rng.uniform(0.95, 1.3))
    colours = (
        several(rng, 2)
        if rng.random() < 0.5
        else np.stack([one_of(rng, (60, 110, 90), (150, 160, 170), (190, 130, 60)), near(rng, (225, 225, 210))])
    )
    base = ramp(
        np.clip(plates.tint * 0.5 + 0.35 + 0.3 * noise(rng, size, 3), 0, 1),
        colours[0] * 0.8 + 0.1,
        colours[1] * 0.8 + 0.2,
    )
    shine = 0.55 + 0.6 * np.sin(np.clip(plates.along, 0, 1) * np.pi * 0.8)
    return shaded(base, shine * (0.3 + 0.7 * step(0.88 - plates.rim, 0.2)))


def feathers(rng: Rng, size: int) -> Picture:
    """Plumage: rows of long feathers with a pale shaft and slanting barbs."""
    plumes = shingles(size, rng.uniform(2.4, 4.2), rng.uniform(1.7, 2.3))
    barbs = np.sin((plumes.along * 2.0 - np.abs(plumes.across) * 1.6 + plumes.tint) * rng.uniform(45, 65))
    natural = COATS[rng.integers(len(COATS))]
    tones = [near(rng, colour) for colour in natural] if rng.random() < 0.6 else list(several(rng, 3) * 0.8 + 0.15)
    base = ramp(np.clip(plumes.rim * 0.7 + plumes.tint * 0.3, 0, 1), *tones)
    shaft = step(0.03 - np.abs(plumes.across), 0.02)
    light = (0.72 + 0.3 * barbs) * (0.45 + 0.55 * step(0.94 - plumes.rim, 0.1)) * (0.65 + 0.5 * plumes.along)
    return mix(shaft, shaded(base, light), np.clip(tones[2] * 1.2 + 0.2, 0, 1).astype(np.float32))


def grass(rng: Rng, size: int) -> Picture:
    """Upright bent blades, dark between them, light at the tips."""
    canvas = sheet(size, one_of(rng, (20, 45, 15), (35, 50, 20), (50, 45, 20)))
    hue, fresh, lean = rng.uniform(0.2, 0.34), rng.uniform(0.6, 0.95), rng.normal(0, 0.06)
    for nearness in np.linspace(0.0, 1, 170):
        foot = np.array([rng.uniform(-0.1, 1.1), nearness * 1.1 + 0.25]) * size
        rise = np.array([rng.normal(lean, 0.05), -rng.uniform(0.22, 0.4)]) * size
        middle, tip = foot + rise * (0.3, 0.6), foot + rise
        light = (0.3 + 0.4 * nearness) * rng.uniform(0.6, 1.3)
        for start, end, width, gain in ((foot, middle, 3, 0.8), (middle, tip, 2, 1.15)):
            colour = hsv(hue + rng.normal(0, 0.015), fresh, light * gain)
            _line(canvas, start, end, colour, max(1, round(width * size / 144)))
    return drawn(canvas)


def _line(canvas: Picture, start: Field, end: Field, colour: Colour, width: int) -> None:
    ends = [tuple(int(value) for value in point) for point in (start, end)]
    cv2.line(canvas, ends[0], ends[1], paint(colour), width, cv2.LINE_AA)


def leaves(rng: Rng, size: int) -> Picture:
    """Foliage: pointed leaves with veins, over one another; green, or red and gold in autumn."""
    autumn = rng.random() < 0.35
    canvas = sheet(size, one_of(rng, (60, 35, 20), (40, 30, 15)) if autumn else one_of(rng, (20, 40, 20), (15, 30, 25)))
    hue = rng.uniform(0.02, 0.12) if autumn else rng.uniform(0.2, 0.4)
    length = rng.uniform(0.16, 0.34) * size
    for shade in np.linspace(0.45, 1, 46):
        colour = hsv(hue + rng.normal(0, 0.025), rng.uniform(0.55, 0.95), shade * rng.uniform(0.55, 0.95))
        _leaf(canvas, rng.uniform(0, size, 2), rng.random(), length * rng.uniform(0.8, 1.2), colour)
    return drawn(canvas)


LEAF = np.linspace(0, 1, 9)
OUTLINE = np.concatenate([np.stack([LEAF, side * 0.3 * np.sin(LEAF**0.8 * np.pi)], -1)[::side] for side in (1, -1)])


def _leaf(canvas: Picture, foot: Field, turn: float, length: float, colour: Colour) -> None:
    along = np.array([np.cos(turn * 2 * np.pi), np.sin(turn * 2 * np.pi)]) * length
    axes = np.stack([along, [-along[1], along[0]]])
    outline = np.rint(foot + OUTLINE @ axes).astype(np.int32)
    cv2.fillPoly(canvas, [outline], paint(colour), cv2.LINE_AA)
    cv2.polylines(canvas, [outline], True, paint(colour * 0.5), 1, cv2.LINE_AA)
    vein = colour * 0.6 + 0.22
    _line(canvas, foot, foot + along, vein, 1)
    for at in (0.3, 0.5, 0.7):
        for side in (-1, 1):
            _line(canvas, foot + at * along, foot + np.array([at + 0.15, side * 0.2]) @ axes, vein, 1)


def flowers(rng: Rng, size: int) -> Picture:
    """Blossoms with round petals and a bright centre, on green."""
    canvas = sheet(size, one_of(rng, (35, 80, 30), (60, 110, 45), (25, 55, 35)))
    for place in rng.uniform(0, size, (30, 2)):
        _leaf(canvas, place, rng.random(), size * 0.2, hsv(rng.uniform(0.24, 0.36), 0.7, rng.uniform(0.25, 0.55)))
    petal = hsv(rng.choice([0.95, 0.0, 0.14, 0.78, 0.62, 0.88]), rng.choice([0.05, 0.5, 0.9]), rng.uniform(0.75, 1))
    heart = one_of(rng, (245, 200, 40), (250, 170, 30), (90, 50, 20))
    petals, across = int(rng.integers(5, 9)), rng.uniform(2.6, 4.5)
    for place in scatter(rng, size, across, 0.5):
        _blossom(canvas, place, size / across * rng.uniform(0.38, 0.52), petals, petal * rng.uniform(0.8, 1), heart)
    return drawn(canvas)


def _blossom(canvas: Picture, place: Field, radius: float, petals: int, petal: Colour, heart: Colour) -> None:
    middle = tuple(int(value) for value in place)
    for turn in np.arange(petals) * 360 / petals + float(place.sum()):
        angle = np.deg2rad(turn)
        centre = place + np.array([np.cos(angle), np.sin(angle)]) * radius * 0.55
        box = (tuple(map(float, centre)), (radius * 0.95, radius * 5 / petals * 0.75), float(turn))
        cv2.ellipse(canvas, box, paint(petal), -1, cv2.LINE_AA)
        cv2.ellipse(canvas, box, paint(petal * 0.65), 1, cv2.LINE_AA)
    cv2.circle(canvas, middle, max(2, int(radius * 0.27)), paint(heart), -1, cv2.LINE_AA)
