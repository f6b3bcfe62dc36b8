"""The stages of a network, first to last: their words, and the layers that stand for them."""

from collections.abc import Sequence

from models.spec import LayerInfo, ModelInfo

STAGES = (
    ("edges", "Where light or colour changes."),
    ("textures", "Where fine lines and grain repeat."),
    ("patterns", "Where lines form corners, curves and spots."),
    ("parts", "Where a part of something may be."),
    ("objects", "Where parts point to one kind of thing."),
)


MIXTURES = ("mixtures", "Textures and shapes mixed; no channel means one thing.")
ATTENTION = ("attention", "The places that each head reads: one tile for each head.")
UNTRAINED = ("chance", "Random weights: nothing has been learned yet.")


def stage_caption(layer: LayerInfo, info: ModelInfo) -> tuple[str, str]:
    """The title and the sentence for the stage of a layer, as far as the network has learned it.

    Only a network that names things has channels for them.
    """
    if not info.trained:
        return UNTRAINED
    if layer.kind == "attention":
        return ATTENTION
    if layer.block >= len(STAGES) and info.classifier is None:
        return MIXTURES
    return STAGES[min(layer.block, len(STAGES)) - 1]


def across_depth(layers: Sequence[LayerInfo], count: int) -> tuple[LayerInfo, ...]:
    """`count` layers or fewer from first to last: the last one of each block, then more of blocks with many layers."""
    blocks: dict[int, list[LayerInfo]] = {}
    for layer in layers:
        blocks.setdefault(layer.block, []).append(layer)
    if len(blocks) > count:
        ends = [block[-1] for block in blocks.values()]
        return tuple(ends[round(place * (len(ends) - 1) / max(count - 1, 1))] for place in range(count))
    shares = dict.fromkeys(blocks, 1)
    while sum(shares.values()) < min(count, len(layers)):
        most = max(
            blocks, key=lambda block: len(blocks[block]) / shares[block] if shares[block] < len(blocks[block]) else 0
        )
        shares[most] += 1
    return tuple(
        block[round((place + 1) * len(block) / shares[number]) - 1]
        for number, block in blocks.items()
        for place in range(shares[number])
    )


def short_names(layers: Sequence[LayerInfo]) -> tuple[str, ...]:
    """The names of layers without what they share, such as 4b for inception_4b/output, where all stay different."""
    heads = [layer.name.partition("/")[0] for layer in layers]
    tails = [head.rpartition("_")[2] for head in heads]
    for names in (tails, heads):
        if len(set(names)) == len(names) and all(names):
            return tuple(names)
    return tuple(layer.name for layer in layers)
