"""The gallery in docs: every view, preset and layout, each with the command that made it.

`python -m scripts.dev.gallery MEDIA NETWORKS -o docs/gallery` reads pictures and a clip from MEDIA, and networks from
NETWORKS; it writes the pictures, and `gallery.md` beside the folder. With `--only TEXT` it makes only the pictures
whose file name contains the text.
"""

import re
import shlex
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import cv2
import numpy as np
from cyclopts import Parameter, run

from realtime.capture.registry import open_source
from realtime.capture.source import SourceOptions
from realtime.imaging.frame import Image
from scripts.cli import status
from scripts.dev.exhibits import ROOMS, Exhibit

SIDE, QUALITY = 960, 80  # pixels of the longer side, and JPEG quality
GAP = 12  # pixels between frames side by side
FILES = ("--model", "--labels")  # options whose values are files in the folder of networks

TOP = """# Gallery

Below each picture is the command that made it; the picture is the last frame of its film. The bundled
network is `world`.

The photographs are not part of the project: the cat Chelsea by Stefan van der Walt, the cup by Rachel Michetti and the
rocket by SpaceX (CC0), Eileen Collins by NASA (public domain). The clip is a camera's way over them. GoogLeNet and
SqueezeNet come from the ONNX model zoo, VGG16 from Keras.
`python -m scripts.dev.gallery MEDIA NETWORKS -o docs/gallery` makes this page.
"""


def gallery(media: Path, networks: Path, *, output: Annotated[Path, Parameter(alias="-o")], only: str = "") -> None:
    """Make the pictures, and the page."""
    output.mkdir(exist_ok=True)
    contents = " · ".join(f"[{room.heading}](#{_slug(room.heading)})" for room in ROOMS)
    page = [TOP, contents]
    for room in ROOMS:
        page.append(f"\n## {room.heading}\n\n{room.words}")
        for exhibit in room.exhibits:
            picture = output / f"{_slug(room.heading)}-{_slug(exhibit.title)}.jpg"
            if only in picture.name:
                cv2.imwrite(str(picture), draw(exhibit, media, networks), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
                print(picture)
            page.append(_entry(exhibit, f"{output.name}/{picture.name}"))
    (output.parent / "gallery.md").write_text("\n".join(page) + "\n")
    kept = {f"{_slug(room.heading)}-{_slug(exhibit.title)}.jpg" for room in ROOMS for exhibit in room.exhibits}
    for old in output.glob("*.jpg"):
        if old.name not in kept:
            old.unlink()


def draw(exhibit: Exhibit, media: Path, networks: Path) -> Image:
    """The picture of an exhibit: frames of the film that its command makes, SIDE pixels long."""
    command = shlex.split(exhibit.command)[1:]
    command[1] = str(media / exhibit.source)
    for option in FILES:
        if option in command:
            place = command.index(option) + 1
            command[place] = str(networks / command[place])
    with TemporaryDirectory() as folder:
        film = Path(folder) / "show.mp4"
        if status([*command[:-1], str(film)]):
            raise SystemExit(f"failed: {exhibit.command}")
        parts = (1, 2, 3) if exhibit.moves else (3,)
        return _side_by_side(_frames(film, [exhibit.frames * part // 3 - 1 for part in parts]))


def _side_by_side(frames: Sequence[Image]) -> Image:
    height, width = frames[0].shape[:2]
    gaps = GAP * (len(frames) - 1)
    scale = min((SIDE * len(frames) ** 0.5 - gaps) / (width * len(frames)), SIDE / height)
    size = round(width * scale), round(height * scale)
    small = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in frames]
    gap = np.full((size[1], GAP, 3), 255, np.uint8)
    return np.hstack([part for each in small for part in (gap, each)][1:])


def _entry(exhibit: Exhibit, picture: str) -> str:
    return f"\n### {exhibit.title}\n\n![{exhibit.words}]({picture})\n\n{exhibit.words}\n\n`{exhibit.command}`"


def _slug(text: str) -> str:
    """A heading as part of a file name or a link."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _frames(film: Path, places: Sequence[int]) -> list[Image]:
    """The frames of a film with these numbers, counted from 0."""
    with closing(open_source(str(film), SourceOptions())) as source:
        images = (source.read() for _ in range(max(places) + 1))
        return [image for place, image in enumerate(images) if place in places]


if __name__ == "__main__":
    run(gallery)
