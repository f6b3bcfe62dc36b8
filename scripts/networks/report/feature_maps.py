"""What each block of the network makes of one picture: the show's own mosaics."""

from __future__ import annotations

from functools import partial
from html import escape

from models.build.graph_spec import GraphSpec
from models.build.heads.mosaic import MosaicHead
from models.spec import Hw, LayerInfo
from realtime.imaging.colormaps import colour
from realtime.imaging.frame import Image
from realtime.inference.network_input import network_input
from realtime.views.tile_drawer import TileDrawer
from realtime.views.tiles import fill_panel
from scripts.networks.report.findings import Findings
from scripts.networks.report.section import Figure, Section, data_uri, png

PANEL_HW: Hw = (540, 1080)
COLORMAP, CONTRAST = "ember", 1.8


def feature_maps(findings: Findings) -> Section:
    """The channels of the last layer of each block, for the checked picture that is named rightly most surely."""
    sure = findings.probabilities.max(axis=1) + (findings.truth == findings.predicted)
    picture = findings.checked[int(sure.argmax())]
    image, name = findings.pictures.images[picture], findings.pictures.names[picture]
    layers = {layer.block: layer for layer in findings.network.info.landmarks}
    figures = tuple(
        Figure(f"feature-maps-{layer.name}", png(mosaic(findings, layer, image)), _words(layer))
        for layer in layers.values()
    )
    seen = f'<img class=seen src="{data_uri(png(image))}" alt="{escape(name)}">'
    words = f"<p>{seen} The picture {escape(name)}, as the last layer of each block answers to it.</p>"
    return Section("Feature maps", words + "".join(figure.html for figure in figures), figures)


def _words(layer: LayerInfo) -> str:
    step = "every pixel" if layer.stride == 1 else f"every {layer.stride} pixels"
    return f"{layer.name}: {layer.channels} channels, an answer {step}"


def mosaic(findings: Findings, layer: LayerInfo, image: Image) -> Image:
    """All channels of a layer as tiles, each lit by its own peak."""
    grid = fill_panel(layer.channels, PANEL_HW, aspect=1.0)
    spec = GraphSpec(findings.network, MosaicHead(layer.name, grid), (findings.recipe.size, findings.recipe.size))
    run, seen = partial(findings.engine.run_when_ready, spec), network_input(image, spec.size_hw)
    grey, _ = TileDrawer().draw(run, seen, (layer,))
    return colour(grey, COLORMAP, CONTRAST)
