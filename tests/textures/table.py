"""The table of textures by name."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from tests.textures import patterns_animal as animal
from tests.textures import patterns_drawn as pen
from tests.textures import patterns_natural as natural
from tests.textures import patterns_woven as woven
from tests.textures.colours import Picture
from tests.textures.fields import Rng
from tests.textures.light import CANVAS, photograph


@dataclass(frozen=True, slots=True)
class Texture:
    """The function that draws a flat texture, and its maximum rotation, in turns either way."""

    pattern: Callable[[Rng, int], Picture]
    tilt: float = 0.5


TEXTURES = {
    "basket": Texture(woven.basket),
    "bricks": Texture(woven.bricks, 0.08),
    "brush strokes": Texture(pen.brush_strokes),
    "bubbles": Texture(natural.bubbles, 0.1),
    "cells": Texture(natural.cells),
    "checks": Texture(woven.checks),
    "clouds": Texture(natural.clouds, 0.03),
    "cracks": Texture(natural.cracks),
    "crosshatching": Texture(pen.crosshatching),
    "dots": Texture(woven.dots),
    "eyes": Texture(pen.eyes, 0.08),
    "faces": Texture(pen.faces, 0.06),
    "feathers": Texture(animal.feathers),
    "flames": Texture(natural.flames, 0.04),
    "flowers": Texture(animal.flowers),
    "fur": Texture(animal.fur),
    "grass": Texture(animal.grass, 0.06),
    "hexagons": Texture(woven.hexagons),
    "knit": Texture(woven.knit, 0.25),
    "lace": Texture(woven.lace),
    "leaves": Texture(animal.leaves),
    "leopard": Texture(animal.leopard),
    "letters": Texture(pen.letters, 0.08),
    "marble": Texture(natural.marble),
    "maze": Texture(woven.maze),
    "mosaic": Texture(woven.mosaic),
    "pebbles": Texture(natural.pebbles),
    "plaid": Texture(woven.plaid),
    "plain": Texture(natural.plain),
    "pointillism": Texture(pen.pointillism),
    "rings": Texture(pen.rings),
    "scales": Texture(animal.scales),
    "spirals": Texture(pen.spirals),
    "stars": Texture(pen.stars),
    "stripes": Texture(woven.stripes),
    "water": Texture(natural.water),
    "watercolour": Texture(pen.watercolour),
    "waves": Texture(woven.waves),
    "wood": Texture(natural.wood),
    "zebra": Texture(animal.zebra),
    "zigzag": Texture(woven.zigzag),
}

CLASSES = tuple(TEXTURES)  # the names, in the order of the classes of the bundled network


def draw(name: str, seed: int, size: int = 96) -> NDArray[np.uint8]:
    """A texture as a uint8 BGR image (size, size, 3), the same for the same seed; ModelError for an unknown name."""
    if name not in TEXTURES:
        raise ModelError(f"unknown texture '{name}': expected {', '.join(CLASSES)}")
    rng = np.random.default_rng((zlib.crc32(name.encode()), seed))
    texture = TEXTURES[name]
    return photograph(rng, texture.pattern(rng, round(size * CANVAS)), size, tilt=texture.tilt)
