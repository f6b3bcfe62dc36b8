"""`ventral filters`: the kernels that a network has learned."""

from models.graph.kernels import read_kernels
from realtime.imaging.png import write_png
from realtime.outputs.recording.paths import check_writable
from realtime.sheets.kernelsheet import draw_kernels
from realtime.show.options import NetworkOptions
from scripts.common.parameters import Force, OutputPath, SheetWidth


def filters(
    *,
    output: OutputPath,
    layer: str | None = None,
    width: SheetWidth = 1920,
    force: Force = False,
    network_options: NetworkOptions = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """Draw the kernels of a layer: those of the first layer in colour, deeper ones as slices.

    Example: `ventral filters -o filters.png --layer block2_conv1`

    :param output: a .png file
    :param layer: the layer (default: the first)
    :param width: width of the sheet, in pixels
    """
    check_writable(output, force=force, suffixes=(".png",))
    network = network_options.open()
    kernels = read_kernels(network, layer)
    write_png(output, draw_kernels(kernels, network.info, width))
    shape, note = "x".join(str(side) for side in kernels.weights.shape), "" if network.info.trained else ", UNTRAINED"
    print(f"{output}: {kernels.layer.name} of {network.info.name}{note}, {shape}")
