"""The gallery in docs: every view, preset and layout, each with the command that made it.

`python -m scripts.dev.gallery MEDIA NETWORKS -o docs/gallery` reads pictures and a clip from MEDIA, and networks from
NETWORKS; it writes the pictures, and `gallery.md` beside the folder.
"""

import shlex
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import cv2
from cyclopts import Parameter, run

from realtime.capture.registry import open_source
from realtime.capture.source import EndOfSource, SourceOptions
from realtime.controls.read_preset import SHIPPED
from realtime.imaging.frame import Image
from scripts.cli import status

WIDTH, QUALITY = 640, 82  # pixels, and JPEG quality
SETTLED = 75  # frames, after which colours and tiles are calm
DREAMT = 240  # frames of a dream

TOP = """# Gallery

Each picture is the last frame of the film that the command above it makes. The pictures, the clip and the networks are
not part of the project. `python -m scripts.dev.gallery MEDIA NETWORKS -o docs/gallery` makes this page.
"""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A picture of the gallery: its title, the source, and the options of `ventral render`."""

    title: str
    source: str
    options: str
    frames: int = SETTLED

    @property
    def command(self) -> str:
        """The command that makes it."""
        return f"ventral render {self.source} --frames {self.frames} {self.options} -o show.mp4"


CLIP, CAT, ASTRONAUT = "clip.mp4", "chelsea.jpg", "astronaut.jpg"
GOOGLENET, SQUEEZENET, VGG = (f"--model {name}.onnx" for name in ("googlenet", "squeezenet", "vgg16"))
EYE = "--layer inception_4c/output --set features/mode=similar --set features/points=0.395,0.325"

FEATURES = (
    *(Exhibit(f"features: {mode}", CLIP, f"--set features/mode={mode}") for mode in ("colour", "picture", "clusters")),
    Exhibit("features: similar to an eye", CAT, f"{GOOGLENET} {EYE}"),
    Exhibit("features of GoogLeNet", ASTRONAUT, f"{GOOGLENET} --size 320"),
    Exhibit("features of SqueezeNet", CAT, f"{SQUEEZENET} --size 320"),
)
MOSAICS = (
    *(Exhibit(f"block {number}", CAT, f"--layer block{number}_conv2") for number in range(1, 6)),
    Exhibit("one channel", CAT, "--layer block2_conv2 --set tiles/zoom=on --set tiles/channel=7"),
    Exhibit("GoogLeNet", CLIP, f"{GOOGLENET} --layer inception_3b/output"),
    Exhibit("SqueezeNet", CLIP, f"{SQUEEZENET} --layer fire4/concat"),
    Exhibit("VGG16, block 3", CLIP, f"{VGG} --layer block3_conv2"),
)
OTHERS = (
    Exhibit("story", CLIP, "--view story"),
    Exhibit("story of GoogLeNet", ASTRONAUT, f"{GOOGLENET} --view story"),
    Exhibit("Grad-CAM", CAT, f"{GOOGLENET} --view gradcam --set predict/on=on"),
    Exhibit("saliency", CAT, "--view saliency --layer block4_conv2"),
    Exhibit("camera", CLIP, "--view camera --set predict/on=on"),
)
LAYER = "--view mosaic --layer block3_conv2"
LAYOUTS = (
    *(Exhibit(name, CLIP, f"{LAYER} --set show/layout={name}") for name in ("side", "inset", "full")),
    Exhibit("full, with a picture", CLIP, "--view features --set show/layout=full"),
    *(Exhibit(size, CLIP, f"{LAYER} --canvas {size}") for size in ("1080x1920", "1080x1080", "1920x384")),
)
EXHIBITS = {
    "Features": [replace(each, options=f"--view features {each.options}") for each in FEATURES],
    "Mosaic": [replace(each, options=f"--view mosaic {each.options}") for each in MOSAICS],
    "Other views": OTHERS,
    "Dreams of the bundled network": [Exhibit(name, CLIP, f"--preset {name}", DREAMT) for name in SHIPPED],
    "Dreams of GoogLeNet": [Exhibit(name, ASTRONAUT, f"{GOOGLENET} --preset {name}", DREAMT) for name in SHIPPED],
    "Layouts": LAYOUTS,
}


def gallery(media: Path, networks: Path, *, output: Annotated[Path, Parameter(alias="-o")]) -> None:
    """Make every picture, and the page."""
    output.mkdir(exist_ok=True)
    page = [TOP]
    for heading, shown in EXHIBITS.items():
        page.append(f"## {heading}\n")
        for exhibit in shown:
            name = f"{heading}-{exhibit.title}".lower().replace(":", "").replace(",", "").replace(" ", "-")
            picture = output / f"{name}.jpg"
            cv2.imwrite(str(picture), last_frame(exhibit, media, networks), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
            page.append(f"{exhibit.title}: `{exhibit.command}`\n\n![{exhibit.title}]({output.name}/{picture.name})\n")
            print(picture)
    (output.parent / "gallery.md").write_text("\n".join(page))


def last_frame(exhibit: Exhibit, media: Path, networks: Path) -> Image:
    """The last frame of the film that the command makes, at most WIDTH wide."""
    command = shlex.split(exhibit.command)[1:]
    command[1] = str(media / exhibit.source)
    if "--model" in command:
        place = command.index("--model") + 1
        command[place] = str(networks / command[place])
    with TemporaryDirectory() as folder:
        film = Path(folder) / "show.mp4"
        if status([*command[:-1], str(film)]):
            raise SystemExit(f"failed: {exhibit.command}")
        frame = _last(film)
    scale = WIDTH / frame.shape[1] if frame.shape[1] > frame.shape[0] else WIDTH / 2 / frame.shape[1]
    return cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def _last(film: Path) -> Image:
    frame = None
    with closing(open_source(str(film), SourceOptions())) as source, suppress(EndOfSource):
        while True:
            frame = source.read()
    assert frame is not None  # a film has a frame
    return frame


if __name__ == "__main__":
    run(gallery)
