"""A strip of tiles for each of several layers, from one pass through the network."""

from dataclasses import dataclass

from models.build.heads.grid import Grid
from models.build.heads.head import Head, Shapes
from models.build.heads.tiles import draw_small_maps, draw_tiles, resize_cells
from models.graph.builder import INT64, GraphBuilder
from models.spec import ModelInfo


@dataclass(frozen=True, slots=True)
class StoryHead(Head):
    """One row of `grid.cols` channels for each of `layers`; the input "channels" selects them, row by row.

    There are the small maps of every channel of each layer.
    """

    layers: tuple[str, ...]
    grid: Grid

    label = "all layers"

    precisions = ("fp32", "bf16", "fp16", "int8")

    @property
    def reads(self) -> tuple[str, ...]:
        """The layers."""
        return self.layers

    def append(self, builder: GraphBuilder, info: ModelInfo, shapes: Shapes) -> None:
        """Add the strips of the layers, one below the other."""
        cols, count = self.grid.cols, self.grid.cols * len(self.layers)
        channels = builder.input("channels", INT64, (count,))
        strips = []
        for row, layer in enumerate(self.layers):
            draw_small_maps(builder, layer, shapes[layer])
            chosen = builder.op("Slice", channels, builder.ints(row * cols), builder.ints((row + 1) * cols))
            strip = builder.op("Gather", layer, chosen, axis=1)
            strips.append(resize_cells(builder, strip, shapes[layer], self.grid))
        draw_tiles(builder, builder.op("Concat", *strips, axis=1), self.grid, count)
