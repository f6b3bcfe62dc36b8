"""`ventral filters`: the kernels that a network has learned."""

from dataclasses import dataclass

from cyclopts import Parameter

from models.graph.kernels import read_kernels
from realtime.imaging.png import write_png
from realtime.outputs.recording.paths import check_writable
from realtime.sheets.kernelsheet import draw_kernels
from realtime.show.options import NetworkOptions
from scripts.common.parameters import Force, Like, OutputPath, SheetWidth
from scripts.common.reuse_settings import reuse_settings, settings_of

WIDTH = 1920  # pixels of the sheet


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class FilterOptions:
    """What the sheet shows."""

    layer: str | None = None
    """the layer (default: the first)"""
    width: SheetWidth | None = None
    """width of the sheet, in pixels (default: 1920)"""


def filters(
    *,
    output: OutputPath,
    like: Like = None,
    force: Force = False,
    options: FilterOptions = FilterOptions(),
    network_options: NetworkOptions = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """Draw the kernels of a layer: those of the first layer in colour, deeper ones as slices.

    Example: `ventral filters -o filters.png --layer block2_conv1`

    :param output: a .png file, in which the settings are saved
    """
    check_writable(output, force=force, suffixes=(".png",))
    options, network_options, network = reuse_settings(like, "filters", options, network_options)
    kernels, width = read_kernels(network, options.layer), options.width or WIDTH
    settings = settings_of("filters", network, network_options, layer=kernels.layer.name, width=width)
    write_png(output, draw_kernels(kernels, network.info, width), settings.to_json())
    shape, note = "x".join(str(side) for side in kernels.weights.shape), "" if network.info.trained else ", UNTRAINED"
    print(f"{output}: {kernels.layer.name} of {network.info.name}{note}, {shape}")
