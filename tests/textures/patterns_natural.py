"""Patterns of stone, wood, water, air and fire, and of cells."""

import cv2
import numpy as np

from tests.textures.colours import (
    Picture,
    any_colour,
    dark_and_light,
    mix,
    near,
    one_of,
    ramp,
    relief,
    shaded,
    two,
)
from tests.textures.fields import (
    Field,
    Rng,
    displaced,
    fractal,
    fraction,
    grain,
    noise,
    plane,
    scatter,
    step,
    voronoi,
)


def wood(rng: Rng, size: int) -> Picture:
    """Boards: stretched growth rings and fine pores along the grain."""
    x, y = plane(size)
    sway = noise(rng, size, 2, stretch=3) * 0.1 + noise(rng, size, 5, stretch=3) * 0.02
    centre = rng.uniform(0.1, 0.6)
    rings = np.hypot(x - centre + sway, (y - rng.uniform(-0.4, 0.4)) * rng.uniform(0.1, 0.3)) * rng.uniform(14, 34)
    tone = 0.65 * fraction(rings) ** 1.5 + 0.35 * fractal(rng, size, 60, octaves=2, stretch=12)
    dark = one_of(rng, (90, 50, 25), (60, 35, 20), (130, 80, 40), (110, 85, 60))
    light = np.clip(dark * rng.uniform(1.7, 2.4) + 0.05, 0, 1).astype(np.float32)
    board = ramp(1 - tone, dark, light)
    if rng.random() < 0.4:
        planks = rng.uniform(1.5, 3)
        number = np.floor(x * planks + 9).astype(int)
        gap = 1 - 0.7 * step(0.03 - np.abs(fraction(x * planks) - 0.5) + 0.0, 0.02)
        return shaded(board, gap * rng.uniform(0.75, 1.1, 20).astype(np.float32)[number])
    return board


def marble(rng: Rng, size: int) -> Picture:
    """Polished stone: thin torn veins on a cloudy ground."""
    x, _ = plane(size)
    torn = fractal(rng, size, 3, octaves=5)
    folds = np.abs(np.sin((x * rng.uniform(1, 2.5) + torn * rng.uniform(1.2, 2.2)) * np.pi * 2))
    second = np.abs(fractal(rng, size, 4, octaves=5) - 0.5) * 2
    veins = np.maximum((1 - folds) ** rng.uniform(3, 7), (1 - second) ** 9 * 0.7)
    ground = one_of(rng, (240, 238, 232), (235, 225, 210), (30, 32, 35), (35, 70, 55), (215, 170, 155))
    vein = one_of(rng, (95, 95, 100), (150, 120, 80)) if ground.mean() > 0.5 else near(rng, (225, 222, 210))
    return mix(veins.astype(np.float32), ground * (0.88 + 0.16 * torn[..., None]), vein)


def clouds(rng: Rng, size: int) -> Picture:
    """Cumulus clouds in a blue sky, sometimes at sunset."""
    _, y = plane(size)
    billow = fractal(rng, size, rng.uniform(2, 4.5), octaves=5, stretch=0.6)
    cover = np.clip((billow - rng.uniform(0.35, 0.5)) / rng.uniform(0.15, 0.35), 0, 1) ** 0.8
    blue = one_of(rng, (60, 120, 200), (90, 150, 220), (40, 90, 170))
    horizon = np.clip(blue * 0.6 + 0.35, 0, 1).astype(np.float32)
    light = near(rng, (250, 248, 245), 0.02)
    if rng.random() < 0.2:
        horizon, light = near(rng, (250, 150, 80)), one_of(rng, (255, 190, 130), (240, 130, 120))
    cloud = shaded(np.tile(light, (size, size, 1)), relief(cv2.GaussianBlur(billow, (0, 0), 2), 1.2, 0.25))
    return mix(cover.astype(np.float32), ramp(y + 0.5, blue, horizon), cloud)


def cracks(rng: Rng, size: int) -> Picture:
    """Dry earth or old paint: thin jagged cracks in a rough ground."""
    shift = noise(rng, size, 9) * size * 0.03 + noise(rng, size, 24) * size * 0.012
    gaps = np.zeros((size, size), np.float32)
    for count, width in ((rng.uniform(1.8, 3.5), 0.008), (rng.uniform(4, 7), 0.0015)):
        border = displaced(voronoi(scatter(rng, size, count, 0.9), size).border, shift, shift[::-1])
        uneven = width * (1 + 0.9 * noise(rng, size, 5))
        gaps = np.maximum(gaps, step(uneven * size - border, 1.5))
    ground = one_of(rng, (185, 150, 115), (160, 135, 110), (205, 195, 180), (130, 120, 110), (150, 95, 65))
    ground = ground if rng.random() < 0.8 else any_colour(rng) * 0.6 + 0.35
    rough = 0.75 + 0.4 * fractal(rng, size, 12, octaves=4)
    return mix(gaps, shaded(np.tile(ground, (size, size, 1)), rough), ground * rng.uniform(0.08, 0.25))


def cells(rng: Rng, size: int) -> Picture:
    """Living cells under a microscope: thin walls, pale bodies, a dark nucleus in each."""
    count = rng.uniform(4.5, 9)
    found = voronoi(scatter(rng, size, count, 0.6), size)
    pitch = size / count
    bend = noise(rng, size, 8) * pitch * 0.08
    border, centre = displaced(found.border, bend, bend), displaced(found.centre, bend, bend)
    body, wall, core = _stain(rng)
    each = rng.uniform(0.8, 1.1, found.cell.max() + 1).astype(np.float32)[found.cell]
    plasm = np.clip(body * (each * (0.85 + 0.3 * fractal(rng, size, 30, octaves=2)))[..., None], 0, 1)
    picture = mix(step(pitch * rng.uniform(0.05, 0.1) - border, 2.0), plasm, wall)
    nucleus = step(pitch * rng.uniform(0.14, 0.22) - centre, 2.0)
    return mix(nucleus, picture, core * (0.8 + 0.4 * fractal(rng, size, 40, octaves=1)[..., None]))


def _stain(rng: Rng) -> tuple[Field, Field, Field]:
    """Colours of a body, its wall and its nucleus: stained pink, plant green, iodine, or any."""
    stains = (
        ((235, 185, 210), (170, 80, 140), (90, 40, 120)),
        ((165, 210, 120), (60, 110, 40), (40, 80, 30)),
        ((230, 200, 130), (150, 95, 40), (100, 50, 20)),
        ((30, 60, 90), (60, 200, 190), (80, 120, 255)),
    )
    chosen = rng.integers(len(stains) + 1)
    if chosen < len(stains):
        body, wall, core = (near(rng, colour) for colour in stains[chosen])
        return body, wall, core
    dark, light = dark_and_light(rng)
    return light, dark, dark * 0.6


def pebbles(rng: Rng, size: int) -> Picture:
    """Rounded stones, close together, lit from one side."""
    count = rng.uniform(4, 9)
    found = voronoi(scatter(rng, size, count, 0.75), size)
    pitch = size / count
    depth = np.clip(found.border / (pitch * 0.35), 0, 1)
    dome = cv2.GaussianBlur(np.sqrt(1 - (1 - depth) ** 2).astype(np.float32), (0, 0), pitch * 0.06 + 0.5)
    tones = [
        one_of(rng, (150, 145, 140), (190, 180, 165), (110, 100, 95), (160, 130, 105), (80, 82, 88), (205, 200, 195))
    ]
    tones += [near(rng, (150, 140, 130), 0.04) for _ in range(5)]
    stones = np.stack(tones)[(found.cell * 7919) % len(tones)]
    speckle = 0.9 + 0.2 * fractal(rng, size, 50, octaves=1)
    light = relief(dome, 0.9 * pitch / 16, rng.random()) * (0.15 + 0.85 * step(dome - 0.45, 0.5))
    return shaded(np.asarray(stones, np.float32), light * speckle)


def water(rng: Rng, size: int) -> Picture:
    """A pool in the sun: a wavy net of light on blue and green."""
    net: Field = np.zeros((size, size), np.float32)
    for cells_across in (rng.uniform(3, 6), rng.uniform(5, 9)):
        shift = noise(rng, size, cells_across * 1.3) * size * 0.05
        border = voronoi(scatter(rng, size, cells_across, 0.85), size).border * cells_across / size
        net += np.exp(-displaced(border, shift, shift.T) * rng.uniform(9, 16))
    net = cv2.GaussianBlur(net, (0, 0), 1.0) * (0.7 + 0.3 * noise(rng, size, 4))
    deep = one_of(rng, (10, 90, 140), (20, 120, 150), (15, 70, 110), (30, 140, 140))
    shallow = np.clip(deep * 1.5 + 0.12, 0, 1).astype(np.float32)
    return ramp(np.clip(net * 0.75, 0, 1) ** 1.3, deep, shallow, near(rng, (215, 250, 250), 0.02))


def flames(rng: Rng, size: int) -> Picture:
    """Tongues of fire that rise from a glowing bed."""
    x, y = plane(size)
    sway = noise(rng, size, 3, stretch=1.5) * 0.09 * (0.6 - y)
    tongues = rng.uniform(5, 9)
    profile = noise(rng, size, tongues)[size // 2]
    column = np.clip((x + sway + 0.5) * size, 0, size - 1).astype(int)
    height = rng.uniform(0.5, 0.75) + 0.4 * profile[column]
    lick = fractal(rng, size, tongues * 1.2, octaves=3, stretch=3) - 0.5
    heat = 1 - (0.5 - y) / np.maximum(height, 0.12) + lick * 0.7
    heat = np.clip(heat * rng.uniform(0.8, 1.1), 0, 1)
    night = one_of(rng, (10, 5, 5), (25, 12, 10), (5, 8, 20))
    colours = ((150, 20, 5), (235, 90, 10), (255, 175, 40), (255, 240, 160))
    return ramp(heat, night, *(near(rng, colour, 0.03) for colour in colours))


def bubbles(rng: Rng, size: int) -> Picture:
    """Round clear bubbles of many sizes: a bright rim, a shadow inside, a highlight."""
    x, y = plane(size)
    deep, pale = dark_and_light(rng, 0.3)
    if rng.random() < 0.5:
        deep, pale = one_of(rng, (20, 70, 120), (120, 70, 20), (30, 30, 50)), near(rng, (225, 240, 245))
    picture = ramp(y + 0.5 + 0.1 * noise(rng, size, 3), deep, deep * 0.7 + pale * 0.3)
    for _ in range(int(rng.integers(14, 26))):
        radius = rng.uniform(0.035, 0.15)
        picture = _bubble(picture, (x - rng.uniform(-0.5, 0.5)) / radius, (y - rng.uniform(-0.5, 0.5)) / radius, pale)
    return picture


def _bubble(picture: Picture, x: Field, y: Field, pale: Field) -> Picture:
    """One bubble; x and y are in radii from its centre."""
    columns, rows = (np.flatnonzero(np.abs(axis) < 1.2) for axis in (x[0], y[:, 0]))
    box = np.ix_(rows, columns)
    x, y = x[box], y[box]
    radius = np.hypot(x, y)
    rim = np.exp(-(((radius - 0.9) / 0.1) ** 2)) * 0.85 + np.exp(-((x + 0.4) ** 2 + (y + 0.4) ** 2) / 0.03)
    inside = step(1 - radius, 0.15)
    picture[box] = mix(inside * np.clip(rim, 0, 1), picture[box] * (1 - 0.15 * inside[..., None]), pale)
    return picture


def plain(rng: Rng, size: int) -> Picture:
    """A wall or an empty sky: one colour, or one that fades into another."""
    first, second = two(rng, 0.0)
    x, y = plane(size)
    fade = np.clip(0.5 + y * rng.uniform(0, 1.2) + noise(rng, size, 1.5) * 0.15, 0, 1)
    near_by = first + (second - first) * rng.choice([0.05, 0.3, 1.0])
    rough = 1 + rng.uniform(0, 0.03) * grain(rng, size)
    return shaded(ramp(fade, first, near_by), rough + 0 * x)
