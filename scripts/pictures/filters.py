"""`ventral filters`: the kernels that a network has learned."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from models.errors import SettingError
from models.graph.kernels import read_kernels
from realtime.outputs.recording.paths import claim
from realtime.sheets.kernelsheet import draw_kernels
from realtime.show.config import NetworkOptions
from scripts.pictures.maps import write_png


def filters(
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    layer: str | None = None,
    width: int = 1920,
    force: bool = False,
    choice: Annotated[NetworkOptions, Parameter(name="*")] = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """Draw the network's own kernels: those of its first layer in colour, deeper ones as slices.

    Example: `ventral filters -o filters.png --layer block2_conv1`

    :param output: a .png file
    :param layer: whose kernels; without it, the first layer's
    :param width: of the sheet, in pixels
    :param force: replace a file that is already there
    """
    if not 640 <= width <= 7680:
        raise SettingError(f"--width takes 640 to 7680 pixels, but got {width}")
    claim(output, force=force, suffixes=(".png",))
    network = choice.open()
    kernels = read_kernels(network, layer)
    write_png(output, draw_kernels(kernels, network.info, width))
    shape, origin = "x".join(str(side) for side in kernels.weights.shape), "" if network.info.trained else ", UNTRAINED"
    print(f"{output}: {kernels.layer.name} of {network.info.name}{origin}, {shape}")
