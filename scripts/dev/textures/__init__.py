"""Procedural textures: what the bundled network learned to name, drawn from a seed."""

from scripts.dev.textures.table import CLASSES, draw

__all__ = ["CLASSES", "draw"]
