"""Captions for the stages of a network, first to last."""

from models.spec import LayerInfo, ModelInfo

STAGES = (
    ("edges", "Where light or colour changes."),
    ("textures", "Edges that repeat: grain, weave, fur, brick."),
    ("patterns", "Shapes in texture: grids, rings, eyes."),
    ("parts", "Shapes of things: a wheel, a face, a leaf."),
    ("objects", "Parts that add up to one kind of thing."),
)


MIXTURES = ("mixtures", "Textures and shapes in combination; no channel stands for a thing.")
UNTRAINED = ("chance", "This network has not learned anything yet: its weights are random.")


def stage_caption(layer: LayerInfo, info: ModelInfo) -> tuple[str, str]:
    """The title and the sentence for the stage of a layer, as far as the network has learned it.

    Only a network that names things has channels for them.
    """
    if not info.trained:
        return UNTRAINED
    if layer.block >= len(STAGES) and info.classifier is None:
        return MIXTURES
    return STAGES[min(layer.block, len(STAGES)) - 1]
