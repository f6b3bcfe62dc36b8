"""Patterns made by people: lines, lattices, walls, cloth."""

import cv2
import numpy as np

from tests.textures.colours import Picture, dark_and_light, mix, near, one_of, several, shaded, two
from tests.textures.fields import Field, Rng, bars, fractal, fraction, noise, plane, polar, scatter, step, voronoi


def stripes(rng: Rng, size: int) -> Picture:
    """Straight parallel bars of two colours, or of several."""
    x, _ = plane(size)
    count = rng.uniform(5, 18)
    if rng.random() < 0.7:
        return mix(bars(x * count, rng.uniform(0.3, 0.7), count * 2 / size), *two(rng))
    colours = several(rng, int(rng.integers(3, 7)))
    place = np.floor(x * count + 40).astype(int)
    return np.asarray(colours[place % len(colours)], np.float32)


def dots(rng: Rng, size: int) -> Picture:
    """Round spots of one size on a lattice."""
    x, y = plane(size)
    count = rng.uniform(5, 13)
    u, v = x * count, y * count
    u = u + np.floor(v) % 2 / 2 if rng.random() < 0.6 else u
    distance = np.hypot(fraction(u) - 0.5, fraction(v) - 0.5)
    return mix(step(rng.uniform(0.2, 0.38) - distance, count * 1.5 / size), *two(rng))


def checks(rng: Rng, size: int) -> Picture:
    """A chessboard."""
    x, y = plane(size)
    count = rng.uniform(2.5, 8)
    across, down = (bars(axis * count, 0.5, count * 2 / size) for axis in (x, y))
    return mix(across + down - 2 * across * down, *two(rng))


def bricks(rng: Rng, size: int) -> Picture:
    """A wall of bricks with mortar between them."""
    x, y = plane(size)
    rows = rng.uniform(6, 14)
    v = y * rows + 40
    u = x * rows / rng.uniform(1.8, 2.6) + np.floor(v) % 2 / 2 + 40
    mortar = rng.uniform(0.08, 0.2)
    wall = bars(u, 1 - mortar / 2, rows / size) * bars(v, 1 - mortar, rows * 2 / size)
    each = fraction(np.sin(np.floor(u) * 127.1 + np.floor(v) * 311.7) * 43758.5)
    natural = one_of(rng, (165, 75, 55), (140, 60, 45), (190, 120, 85), (120, 90, 75), (200, 190, 175))
    colour = natural if rng.random() < 0.8 else two(rng)[0]
    rough = 0.85 + 0.3 * fractal(rng, size, 30, octaves=2)
    light = rng.random() < 0.75
    joint = one_of(rng, (205, 198, 185), (170, 165, 155)) if light else near(rng, (60, 55, 50))
    return shaded(mix(wall, joint, colour * (0.7 + 0.5 * each[..., None])), rough)


def hexagons(rng: Rng, size: int) -> Picture:
    """A honeycomb."""
    count = rng.uniform(4.5, 10)
    cells = voronoi(scatter(rng, size, count, 0.0), size)
    wall = step(rng.uniform(0.05, 0.14) * size / count - cells.border, 1.5)
    dark, light = dark_and_light(rng)
    fill, line = (light, dark) if rng.random() < 0.6 else (dark, light)
    if rng.random() < 0.3:
        fill, line = near(rng, (225, 160, 40)), near(rng, (110, 65, 15))
    each = rng.uniform(1 - rng.choice([0.05, 0.4]), 1, cells.cell.max() + 1).astype(np.float32)[cells.cell]
    return mix(wall, fill * each[..., None], line)


def waves(rng: Rng, size: int) -> Picture:
    """Wavy parallel bars."""
    x, y = plane(size)
    count, length = rng.uniform(5, 13), rng.uniform(1.5, 4)
    phase = y * count + rng.uniform(0.35, 0.8) * count / 8 * np.sin(x * length * 2 * np.pi)
    return mix(bars(phase, rng.uniform(0.35, 0.65), count * 2 / size), *two(rng))


def zigzag(rng: Rng, size: int) -> Picture:
    """Bars with sharp corners: chevrons."""
    x, y = plane(size)
    count, teeth = rng.uniform(4, 11), rng.uniform(3, 8)
    phase = y * count + rng.uniform(0.5, 1.0) * count / teeth * np.abs(fraction(x * teeth) * 2 - 1)
    return mix(bars(phase, rng.uniform(0.35, 0.65), count * 2 / size), *two(rng))


def plaid(rng: Rng, size: int) -> Picture:
    """Tartan: coloured bands of warp and weft that mix where they cross, with a fine twill."""
    colours = several(rng, 4)
    colours[0] = near(rng, ((190, 30, 40), (20, 60, 40), (25, 40, 90), (230, 225, 215))[rng.integers(4)])
    sett = rng.choice(4, 14, p=(0.5, 0.2, 0.2, 0.1)).repeat(rng.integers(1, 7, 14))
    sett = np.concatenate([sett, sett[::-1]])
    place = (np.arange(size) * rng.uniform(0.8, 1.6) * 72 / size).astype(int) % len(sett)
    thread = colours[sett[place]]
    x, y = plane(size)
    twill = bars((x + y) * size / rng.uniform(4, 7), 0.5, 0.5)
    return mix(0.3 + 0.4 * twill, thread[None], thread[:, None])


def maze(rng: Rng, size: int) -> Picture:
    """A maze (binary tree algorithm): each cell is open to one of two neighbours."""
    count = int(rng.integers(9, 18))
    walls = np.ones((2 * count + 1, 2 * count + 1), np.uint8)
    walls[1::2, 1::2] = 0
    east = rng.random((count, count)) < 0.5
    walls[1::2, 2::2] &= ~east
    walls[2::2, 1::2] &= east
    wide = 2 if rng.random() < 0.5 else 1
    walls = np.repeat(np.repeat(walls, [1, wide] * count + [1], 0), [1, wide] * count + [1], 1)
    mask = cv2.resize(walls.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    return mix(mask, *two(rng))


def basket(rng: Rng, size: int) -> Picture:
    """Straps woven over and under each other."""
    x, y = plane(size)
    count = rng.uniform(4, 9)
    u, v = x * count + 40, y * count + 40
    over = (np.floor(u) + np.floor(v)) % 2
    across, along = np.where(over, fraction(u), fraction(v)), np.where(over, fraction(v), fraction(u))
    strands = rng.integers(1, 4)
    fibre = 0.75 + 0.25 * np.sin(fraction(across * strands) * np.pi)
    arch = 0.35 + 0.65 * np.sin(along * np.pi) ** 0.6
    gap = 0.4 + 0.6 * bars(across, 0.9, 0.08)
    straw = one_of(rng, (215, 175, 110), (165, 110, 60), (230, 210, 165), (120, 80, 45))
    first = straw if rng.random() < 0.75 else two(rng)[0]
    second = first * rng.uniform(0.75, 1.0) if rng.random() < 0.7 else two(rng)[1]
    weave = mix(over.astype(np.float32), first, second)
    return shaded(weave, arch * gap * fibre * (0.9 + 0.2 * fractal(rng, size, 40, octaves=1)))


def knit(rng: Rng, size: int) -> Picture:
    """Columns of V-shaped stitches."""
    x, y = plane(size)
    columns = rng.uniform(6, 12)
    u, v = x * columns + 40, y * columns * rng.uniform(1.0, 1.4) + 40
    leg = np.abs(fraction(u) - 0.5) * 2
    phase = v + leg * rng.uniform(0.6, 0.9)
    stitch = np.sin(fraction(phase) * np.pi) ** 0.7 * (0.25 + 0.75 * np.sin(leg * np.pi) ** 0.6)
    base, other = two(rng, 0.25)
    row, column = np.floor(phase).astype(int), np.floor(u).astype(int)
    design = rng.random((8, 6)) < 0.35 if rng.random() < 0.4 else np.zeros((8, 6), bool)
    wool = mix(design[row % 8, column % 6].astype(np.float32), base * 0.5 + 0.45, other)
    return shaded(wool, (0.3 + 0.75 * stitch) * (0.88 + 0.24 * fractal(rng, size, 60, octaves=1)))


def mosaic(rng: Rng, size: int) -> Picture:
    """Small square stones of many colours, laid with grout between them."""
    count = rng.uniform(8, 15)
    cells = voronoi(scatter(rng, size, count, rng.uniform(0.12, 0.3), staggered=False), size)
    colours = several(rng, int(rng.integers(3, 8)))
    drift = noise(rng, size, 3) * rng.uniform(0, 2) + 8
    number = rng.random(cells.cell.max() + 1).astype(np.float32)[cells.cell] * len(colours) * 0.7
    stones = colours[(number + drift).astype(int) % len(colours)]
    tone = rng.uniform(0.75, 1.1, cells.cell.max() + 1).astype(np.float32)[cells.cell]
    grout = one_of(rng, (220, 215, 205), (60, 58, 55), (150, 145, 135))
    joint = step(rng.uniform(0.06, 0.12) * size / count - cells.border, 1.5)
    return mix(joint, np.clip(stones * tone[..., None], 0, 1), grout)


def lace(rng: Rng, size: int) -> Picture:
    """Thread flowers on a fine net."""
    x, y = plane(size)
    count, petals = rng.uniform(2.2, 4), int(rng.integers(5, 9))
    u, v = x * count, y * count
    radius, turn = polar(fraction(u) * 2 - 1, fraction(v) * 2 - 1)
    soft = count * 4 / size
    thread = np.maximum(_net((u + v) * 4, soft * 2), _net((u - v) * 4, soft * 2)) * step(radius - 0.85, soft)
    for at, wave in ((0.2, 0.0), (0.5, 0.22), (0.82, 0.05)):
        outline = np.abs(radius - at - wave * np.cos(turn * petals * 2 * np.pi)) if wave else np.abs(radius - at)
        thread = np.maximum(thread, step(0.055 - outline, soft))
    spokes = bars(turn * petals + 0.5, 0.18, 0.1) * step(0.8 - radius, soft)
    thread = np.maximum(thread, spokes)
    dark, light = dark_and_light(rng, 0.5)
    white = near(rng, (240, 236, 225)) if rng.random() < 0.7 else light
    return mix(thread, white if (black := rng.random() < 0.15) else dark, dark if black else white)


def _net(phase: Field, softness: float) -> Field:
    return bars(phase, 0.22, softness)
