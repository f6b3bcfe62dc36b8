"""Captions for the stages of a network, first to last."""

from models.spec import LayerInfo

STAGES = (
    ("edges", "Where light or colour changes."),
    ("textures", "Edges that repeat: grain, weave, fur, brick."),
    ("patterns", "Shapes in texture: grids, rings, eyes."),
    ("parts", "Shapes of things: a wheel, a face, a leaf."),
    ("objects", "Parts that add up to one kind of thing."),
)


def stage_caption(layer: LayerInfo) -> tuple[str, str]:
    """The title and the sentence for the stage of a layer."""
    return STAGES[min(layer.block, len(STAGES)) - 1]
