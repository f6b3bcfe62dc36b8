"""A sheet that compares the features of networks as colour.

`python -m scripts.dev.compare_features PICTURE... -o SHEET --columns NETWORK:LAYER...`
"""

from pathlib import Path
from typing import Annotated

import cv2
from cyclopts import Parameter, run

from models.importing.open_network import open_network
from realtime.features.painter import FeaturePainter
from realtime.imaging.compositing import Rect, background, fit, paste
from realtime.imaging.drawing import write_fitting
from realtime.imaging.frame import Image
from realtime.imaging.reading.read_picture import read_picture
from realtime.imaging.text import BRIGHT
from realtime.inference.engine import Engine
from realtime.inference.providers import choose

SHORT_SIDE = 320  # of the input of the networks
CELL_HW, GAP, TEXT = (180, 240), 6, 15  # pixels


def compare(
    pictures: list[Path],
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    columns: Annotated[tuple[str, ...], Parameter(consume_multiple=True)],
) -> None:
    """Draw a row for each picture: the picture, then a column for each layer, such as world:block5_conv3."""
    named = [column.rpartition(":") for column in columns]
    networks = {text: open_network(text) for text, _, _ in named}
    with Engine(choose("cpu")) as engine:
        rows = []
        for path in pictures:
            image = read_picture(path)
            cells = [image]
            for text, _, layer in named:
                network = networks[text]
                cells.append(
                    FeaturePainter(engine, network, network.info.layer(layer), SHORT_SIDE).learn_and_paint(image)
                )
            rows.append(cells)
    titles = ["", *(f"{networks[text].info.name} {layer}" for text, _, layer in named)]
    cv2.imwrite(str(output), sheet(titles, rows))


def sheet(titles: list[str], rows: list[list[Image]]) -> Image:
    """The titles, and below them the cells of each row."""
    height, width = CELL_HW[0] + GAP, CELL_HW[1] + GAP
    top = 2 * TEXT + GAP
    canvas = background((top + height * len(rows) + GAP, width * len(titles) + GAP))
    for column, title in enumerate(titles):
        left = GAP + column * width
        write_fitting(canvas, title, Rect(left, GAP, CELL_HW[1], TEXT), size=TEXT, colour=BRIGHT)
        for row, cells in enumerate(rows):
            paste(canvas, fit(cells[column], CELL_HW), left, top + row * height)
    return canvas


if __name__ == "__main__":
    run(compare)
