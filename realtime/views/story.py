"""All layers at once, first to last: a strip of the most active channels of each, from one forward pass."""

from collections.abc import Iterable

from models.build.graph_spec import GraphSpec
from models.build.heads.grid import Grid
from models.build.heads.story import StoryHead
from models.spec import Hw, ModelInfo
from realtime.controls.controls import Controls
from realtime.controls.value import KeyBinding
from realtime.imaging.compositing import background, paste
from realtime.imaging.frame import Image
from realtime.imaging.text import ACCENT, BRIGHT, QUIET, text_width, write
from realtime.views.click import Click
from realtime.views.stages import stage_caption
from realtime.views.tile_colours import colour_tiles
from realtime.views.tile_drawer import TileDrawer
from realtime.views.tiles import GAP, SHOWN, TileSettings, whole
from realtime.views.view import Rendered, Scene, View


class StoryView(View):
    """One row per layer, the first at the top."""

    name = "story"
    bind = KeyBinding(("s", "0"), "set", "story: all layers at once", "story")
    settings = (TileSettings,)
    kind = "text"
    unused = ("show/layer", "tiles/channel", "tiles/zoom", "tiles/active", "tiles/count")

    def __init__(self) -> None:
        self._drawer = TileDrawer()

    def render(self, scene: Scene) -> Rendered:
        """The coloured strips, each with the name of its layer."""
        settings, head = scene.settings[TileSettings], _head(scene)
        grey, _ = self._drawer.draw(
            scene.runner(head),
            scene.input_image,
            scene.info.key_layers,
            count=head.grid.cols,
            normalize=settings.normalize,
        )
        strips = colour_tiles(grey, head.grid, scene.frame.image, settings, 1)
        return Rendered(_labelled(strips, scene, head.grid), caption=_caption(scene.info))

    def click(self, controls: Controls, click: Click) -> str:
        """Go to the mosaic of the layer whose row is clicked."""
        if click.right:
            return super().click(controls, click)
        layers = click.info.key_layers
        controls.set("show/layer", layers[min(int(click.panel[1] * len(layers)), len(layers) - 1)].name)
        controls.set("show/view", "mosaic")
        return ""

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """Only the story itself."""
        return (scene.graph(_head(scene)),)


def _caption(info: ModelInfo) -> tuple[str, str]:
    """What a trained network has learned from its first to its last layer."""
    first, last = (stage_caption(layer, info)[0] for layer in (info.key_layers[0], info.key_layers[-1]))
    if first == last:
        return "all layers", "Every layer at once, from the first to the last."
    return "all layers", f"Every layer at once: {first} at the top, {last} at the bottom."


def _label_size(panel_hw: Hw, rows: int) -> int:
    return max(min(round(panel_hw[0] / rows / 2.6), panel_hw[1] // 48), 8)


def _label_width(scene: Scene) -> int:
    """The width of the column of names, with room around them."""
    layers = scene.info.key_layers
    size = _label_size(scene.panel_hw, len(layers))
    return max(text_width(layer.name, size) for layer in layers) + 2 * size


def _labelled(strips: Image, scene: Scene, grid: Grid) -> Image:
    """The strips with the name of each layer at the left of its row; that of the selected layer is bright."""
    layers, panel = scene.info.key_layers, background(scene.panel_hw)
    size, label = _label_size(scene.panel_hw, len(layers)), _label_width(scene)
    left = max((scene.panel_hw[1] - label - strips.shape[1]) // 2, 0)
    paste(panel, strips, left + label, 0)
    for row, layer in enumerate(layers):
        _, top = grid.corner(row * grid.cols)
        middle, chosen = top + grid.cell_hw[0] // 2, layer == scene.layer
        if chosen:
            panel[top : top + grid.cell_hw[0], left : left + max(size // 4, 2)] = ACCENT
        write(panel, layer.name, left + size, middle + size // 3, size, BRIGHT if chosen else QUIET)
    return panel


def _head(scene: Scene) -> StoryHead:
    """As many columns as fill the panel with tiles of about the aspect ratio of the camera."""
    layers = scene.info.key_layers
    height, width = scene.panel_hw[0], max(scene.panel_hw[1] - _label_width(scene), 16)
    aspect = scene.aspect
    rows, most = len(layers), min(layer.channels for layer in layers)
    cell_h = max((height - GAP * (rows - 1)) // rows, 1)
    cols = min(max(round((width + GAP) / (cell_h * aspect + GAP)), 1), most)
    cell_w = max((width - GAP * (cols - 1)) // cols, 1)
    cell_hw = cell_h, min(cell_w, round(cell_h * aspect / SHOWN))
    strips_hw = height, cols * (cell_hw[1] + GAP) - GAP
    grid = Grid(rows, cols, cell_hw, GAP, strips_hw, whole(cell_hw, aspect))
    return StoryHead(tuple(layer.name for layer in layers), grid)


VIEW = StoryView
