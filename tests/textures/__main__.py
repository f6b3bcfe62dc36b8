"""Draw the training data of the bundled network, one subfolder per texture: `python -m tests.textures FOLDER`."""

from pathlib import Path
from typing import Annotated

import cv2
from cyclopts import Parameter, run

from tests.textures.dataset import draw_dataset
from tests.textures.table import CLASSES


def write_dataset(
    folder: Annotated[Path, Parameter(help="a new folder")], *, seed: int = 1, per_class: int = 200, size: int = 64
) -> None:
    """Write `per_class` pictures of every texture, `size` pixels square, as PNG files for `ventral train`."""
    images, labels = draw_dataset(seed, per_class, size)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        file = folder / CLASSES[label] / f"{number:05d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), image)


if __name__ == "__main__":
    run(write_dataset)
