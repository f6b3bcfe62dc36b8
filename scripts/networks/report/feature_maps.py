"""Feature maps of each block for one picture, as mosaics like those of the show."""

from functools import partial
from html import escape

from models.build.graph_spec import GraphSpec
from models.build.heads.mosaic import MosaicHead
from models.spec import Hw, LayerInfo
from realtime.imaging.colormaps import STAGE, apply_colormap, ink
from realtime.imaging.frame import Image
from realtime.imaging.png import encode_png
from realtime.inference.network_input import network_input
from realtime.views.tile_drawer import TileDrawer
from realtime.views.tiles import TileSettings, fill_panel
from scripts.networks.report.evaluation import Evaluation
from scripts.networks.report.section import Figure, Section, data_uri

PANEL_HW: Hw = (540, 1080)
CONTRAST = TileSettings().contrast


def feature_maps(evaluation: Evaluation) -> Section:
    """The channels of the last layer of each block, for the correct prediction with the highest confidence."""
    score = evaluation.probabilities.max(axis=1) + (evaluation.truth == evaluation.predicted)
    picture = evaluation.validation[int(score.argmax())]
    image, name = evaluation.dataset.images[picture], evaluation.dataset.names[picture]
    layers = {layer.block: layer for layer in evaluation.network.info.key_layers}
    figures = tuple(
        Figure(f"feature-maps-{layer.name}", encode_png(mosaic(evaluation, layer, image)), _caption(layer))
        for layer in layers.values()
    )
    seen = f'<img class=seen src="{data_uri(encode_png(image))}" alt="{escape(name)}">'
    text = f"<p>{seen} The activations of the last layer of each block for {escape(name)}.</p>"
    return Section("Feature maps", text + "".join(figure.html for figure in figures), figures)


def _caption(layer: LayerInfo) -> str:
    return f"{layer.name}: {layer.channels} channels, stride {layer.stride}"


def mosaic(evaluation: Evaluation, layer: LayerInfo, image: Image) -> Image:
    """All channels of a layer as tiles, each lit by its own peak."""
    grid = fill_panel(layer.channels, PANEL_HW, aspect=1.0)
    spec = GraphSpec(evaluation.network, MosaicHead(layer.name, grid), (evaluation.config.size, evaluation.config.size))
    run, seen = partial(evaluation.engine.run_when_ready, spec), network_input(image, spec.size_hw)
    grey, _ = TileDrawer().draw(run, seen, (layer,))
    return apply_colormap(grey, ink(STAGE, layer.block), CONTRAST)
