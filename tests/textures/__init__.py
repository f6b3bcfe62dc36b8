"""Procedural textures: the training data of the bundled network, drawn from a seed."""

from tests.textures.table import CLASSES, draw

__all__ = ["CLASSES", "draw"]
