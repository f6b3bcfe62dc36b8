"""The channels of one layer as tiles."""

from dataclasses import dataclass

from models.build.heads.grid import Grid
from models.build.heads.head import Head, Shapes
from models.build.heads.tiles import draw_small_maps, draw_tiles, resize_cells
from models.graph.builder import INT64, GraphBuilder
from models.spec import ModelInfo


@dataclass(frozen=True, slots=True)
class MosaicHead(Head):
    """All channels of a layer in order, or as many as `chosen`, which the input "channels" selects.

    With `chosen`, there are the small maps of every channel of the layer. A mosaic of one channel shows it large.
    """

    layer: str
    grid: Grid
    chosen: int | None = None

    precisions = ("fp32", "bf16", "fp16", "int8")

    @property
    def reads(self) -> tuple[str, ...]:
        """The layer."""
        return (self.layer,)

    def append(self, builder: GraphBuilder, info: ModelInfo, shapes: Shapes) -> None:
        """Add the tiles of the layer."""
        tensor, shape = self.layer, shapes[self.layer]
        if not self.chosen:
            draw_tiles(builder, resize_cells(builder, tensor, shape, self.grid), self.grid, shape[1])
            return
        draw_small_maps(builder, tensor, shape)
        channels = builder.input("channels", INT64, (self.chosen,))
        if self.chosen < shape[1]:
            cells = resize_cells(builder, builder.op("Gather", tensor, channels, axis=1), shape, self.grid)
        else:  # the cells of all channels are fewer numbers than the channels
            cells = builder.op("Gather", resize_cells(builder, tensor, shape, self.grid), channels, axis=1)
        draw_tiles(builder, cells, self.grid, self.chosen)
