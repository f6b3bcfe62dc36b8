"""`ventral maps`: a sheet of a picture's feature maps, layer by layer, with the predictions of the classifier."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from models.files import write_atomically
from models.spec import LayerInfo, ModelInfo, Prediction
from realtime.imaging.drawing import percent
from realtime.imaging.png import write_png
from realtime.imaging.reading.read_picture import read_picture
from realtime.inference.predictions import classify
from realtime.outputs.recording.paths import check_writable
from realtime.sheets.mapsheet import MapSheet, draw_maps
from realtime.sheets.picture_activations import LayerTiles, PictureActivations
from realtime.show.options import NetworkOptions, between
from scripts.common.open_engine import open_engine
from scripts.common.parameters import Force, Like, OutputPath, SheetWidth, StillOptions
from scripts.common.progress import progress
from scripts.common.reuse_settings import reuse_settings, settings_of
from scripts.common.saved_settings import given_options

WIDTH = 1920  # pixels of the sheet
DRAWN, PRINTED = 3, 5  # the number of predictions on the sheet, and of those printed and reported


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class MapOptions(StillOptions):
    """What the sheet shows."""

    count: Annotated[int | None, between(1)] = None
    """number of the most active channels to draw per layer (default: as many as fill the rows)"""
    width: SheetWidth | None = None
    """width of the sheet, in pixels (default: 1920)"""


def maps(  # noqa: PLR0913, all of the command line
    picture: Path,
    *,
    output: OutputPath,
    like: Like = None,
    report: Path | None = None,
    force: Force = False,
    options: MapOptions = MapOptions(),
    network_options: NetworkOptions = NetworkOptions(),  # noqa: B008, a frozen value
) -> None:
    """Draw a sheet of a picture's feature maps, and print the network's predictions.

    Example: `ventral maps cat.jpg -o cat.png --layers block1_conv2,block3_conv3`

    :param picture: a picture
    :param output: a .png file, in which the settings are saved
    :param report: write the predictions and the layers to this JSON file
    """
    check_writable(output, force=force, suffixes=(".png",))
    if report is not None:
        check_writable(report, force=force, suffixes=(".json",))
    options, network_options, network = reuse_settings(like, "maps", options, network_options)
    image, info = read_picture(picture), network.info
    layers = options.chosen_layers(info) or last_of_blocks(info)
    with open_engine(network_options, info) as engine, progress(f"drawing {output.name}", len(layers)) as advance:
        still = PictureActivations(image, network, engine, options.short_side)
        predictions = classify(engine, network, image, PRINTED) if info.classifier else ()
        sheet = MapSheet(options.width or WIDTH, layers, still.aspect, options.count)
        canvas, tilings = draw_maps(still, sheet, predictions[:DRAWN], advance)
    if report is not None:
        write_atomically(report, to_json(picture, info, predictions, tilings))
    settings = {"layers": ",".join(layer.name for layer in layers), "size": options.short_side, "width": WIDTH}
    complete = settings | given_options(options)
    write_png(output, canvas, settings_of("maps", network, network_options, **complete).to_json())
    for each in predictions:
        print(f"{percent(each.probability, fine=True):>6}  {each.label}")


def last_of_blocks(info: ModelInfo) -> tuple[LayerInfo, ...]:
    """The last key layer of each block."""
    return tuple({layer.block: layer for layer in info.key_layers}.values())


def to_json(picture: Path, info: ModelInfo, predictions: Sequence[Prediction], tilings: Sequence[LayerTiles]) -> bytes:
    """The content of the sheet as JSON."""
    layers = [{"name": each.layer.name, "channels": each.channels, "stride": each.layer.stride} for each in tilings]
    record = {"picture": str(picture), "model": info.name, "weights": info.weights, "layers": layers}
    return json.dumps({**record, "predictions": [asdict(each) for each in predictions]}, indent=2).encode()
