"""The moving picture at the top of the README: a few seconds of several views.

`python -m scripts.dev.front_page MEDIA -o docs/ventral.gif` reads the photographs and the clip of the gallery.
"""

import shlex
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from cyclopts import Parameter, run

from realtime.capture.registry import open_source
from realtime.capture.source import SourceOptions
from realtime.controls.settings import RecordSettings
from realtime.outputs.recording.gif.gif_writer import GifWriter
from scripts.cli import status
from scripts.dev.exhibits import CAT, CLIP, CUP

SIZE_WH = (640, 360)
FPS = 7.5
STEP = 4  # frames of a film at 30 fps per frame of the picture
MAX_MB = 4.0


@dataclass(frozen=True, slots=True)
class Scene:
    """The frames of a film from `start` to `end`."""

    source: str
    options: str
    start: int
    end: int


SCENES = (
    Scene(CLIP, "--view features", 96, 168),
    Scene(CLIP, "--view features --set features/mode=clusters", 180, 240),
    Scene(CLIP, "--view mosaic --layer block2_conv2", 96, 148),
    Scene(CLIP, "--view mosaic --layer block4_conv1", 130, 178),
    Scene(CLIP, "--view story", 190, 238),
    Scene(CUP, "--preset gilt", 60, 150),
    Scene(CAT, "--preset etching", 60, 150),
)


def front_page(media: Path, *, output: Annotated[Path, Parameter(alias="-o")]) -> None:
    """Render the scenes, and join them."""
    output.unlink(missing_ok=True)
    writer = GifWriter(output, FPS, (1280, 720), SIZE_WH, settings=RecordSettings(gif_max_mb=MAX_MB))
    with TemporaryDirectory() as folder:
        for scene in SCENES:
            film = Path(folder) / "scene.mp4"
            options = shlex.split(f"{scene.options} --set window/status=off --frames {scene.end} --force")
            if status(["render", str(media / scene.source), *options, "-o", str(film)]):
                raise SystemExit(f"failed: {scene.options}")
            with closing(open_source(str(film), SourceOptions())) as source:
                for place in range(scene.end):
                    image = source.read()
                    if place >= scene.start and place % STEP == 0:
                        writer.write(image)
    writer.close()
    print(output, writer.note)


if __name__ == "__main__":
    run(front_page)
