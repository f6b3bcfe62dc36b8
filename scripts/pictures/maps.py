"""`ventral maps`: a sheet of what the layers of a network make of a picture, and what it says the picture is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from models.errors import SettingError
from models.files import write_atomically
from models.spec import LayerInfo, ModelInfo
from realtime.capture.pictures import read_picture
from realtime.imaging.frame import Image
from realtime.inference.engine import Engine
from realtime.inference.predictions import Prediction, classify
from realtime.inference.providers import choose
from realtime.outputs.recording.paths import claim
from realtime.outputs.recording.sinks import open_sink
from realtime.sheets.mapsheet import MapSheet, draw_maps
from realtime.sheets.still import Still, StillOptions, Tiling
from realtime.show.config import NetworkOptions, positive
from realtime.show.look import announce
from scripts.common.progress import progress

DRAWN, TOLD = 3, 5
"""How many predictions stand on the sheet, and how many are printed and reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOptions(StillOptions):
    """What stands on the sheet."""

    channels: int | None = None
    """how many of each layer's most active channels; without it, as many as fill their rows"""
    width: int = 1920
    """of the sheet, in pixels"""

    def check(self) -> None:
        """Raise SettingError for a number that makes no sense."""
        StillOptions.check(self)
        positive("--channels", self.channels)
        if not 640 <= self.width <= 7680:
            raise SettingError(f"--width takes 640 to 7680 pixels, but got {self.width}")


def maps(
    image: Path,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    report: Path | None = None,
    force: bool = False,
    options: Annotated[MapOptions, Parameter(name="*")] = MapOptions(),
    choice: Annotated[NetworkOptions, Parameter(name="*")] = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """Draw a sheet of feature maps, and say what the network sees, a line for each prediction.

    Example: `ventral maps cat.jpg -o cat.png --layers block1_conv2,block3_conv3`

    :param image: a picture
    :param output: a .png file
    :param report: write the predictions and the layers to this JSON file
    :param force: replace a file that is already there
    """
    options.check()
    claim(output, force=force, suffixes=(".png",))
    if report is not None:
        claim(report, force=force, suffixes=(".json",))
    picture, network = read_picture(image), choice.open()
    layers = options.chosen_layers(network.info) or last_of_blocks(network.info)
    with Engine(choose(choice.provider)) as engine, progress(f"drawing {output.name}", len(layers)) as advance:
        announce(network.info, engine.provider)
        still = Still(picture, network, engine, options.size)
        said = classify(engine, network, picture, TOLD) if network.info.classifier else ()
        sheet = MapSheet(options.width, layers, still.aspect, options.channels)
        canvas, tilings = draw_maps(still, sheet, said[:DRAWN], advance)
    if report is not None:
        write_atomically(report, record(image, network.info, said, tilings))
    write_png(output, canvas)
    for each in said:
        print(f"{each.probability:.3f}  {each.label}")


def last_of_blocks(info: ModelInfo) -> tuple[LayerInfo, ...]:
    """The last landmark of each block."""
    return tuple({layer.block: layer for layer in info.landmarks}.values())


def record(image: Path, info: ModelInfo, said: Sequence[Prediction], tilings: Sequence[Tiling]) -> bytes:
    """What the sheet shows, as JSON."""
    layers = [{"name": each.layer.name, "channels": each.channels, "stride": each.layer.stride} for each in tilings]
    facts = {"image": str(image), "model": info.name, "weights": info.weights, "layers": layers}
    return json.dumps({**facts, "predictions": [asdict(each) for each in said]}, indent=2).encode()


def write_png(output: Path, canvas: Image) -> None:
    """Write one picture to a file that may be there already."""
    with open_sink(output, fps=1.0, size_wh=canvas.shape[1::-1], force=True) as sink:
        sink.write(canvas)
