"""GIFs of the best quality against other programs, at equal file size: `python -m scripts.dev.benchmarks.gifs FILM...`.

Every program gets the same frames and is run with several settings, so that each has a curve of sizes and PSNR. PSNR
(the mean over the frames) is between what Pillow shows at the middle of each frame and the frame.
"""

import math
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

import imageio.v2 as imageio
import numpy as np
from cyclopts import run
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageSequence

from realtime.imaging.png import write_png
from realtime.outputs.recording import encoding
from realtime.outputs.recording.decode import decode
from realtime.outputs.recording.ffmpeg import Ffmpeg
from realtime.outputs.recording.formats.mp4 import Mp4Writer
from realtime.outputs.recording.gif.best.program import write_gif
from realtime.outputs.recording.gif.parameters import GifParameters

FPS, WIDTH = 20.0, 480
LOSSES = (0, 50, 100, 200, 400)
COLOURS = (256, 128, 64)
QUALITIES = (100, 80, 60)  # of gifski


class Lossless(Mp4Writer):
    """The video from which a recording becomes a GIF."""

    encoding = encoding.LOSSLESS


@dataclass(frozen=True, slots=True)
class Point:
    """One GIF: its size in MB, and its mean PSNR in dB."""

    megabytes: float
    psnr: float


@dataclass(frozen=True, slots=True)
class Film:
    """The frames that every program gets, RGB (H, W, 3), also as PNG files and as the video of a recording."""

    images: Sequence[NDArray[np.uint8]]
    folder: Path

    @property
    def stills(self) -> list[str]:
        """The PNG files, in order."""
        return [str(path) for path in sorted(self.folder.glob("*.png"))]

    @property
    def video(self) -> Path:
        """The lossless video."""
        return self.folder / "draft.mp4"

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height."""
        return self.images[0].shape[1], self.images[0].shape[0]

    def write(self) -> None:
        """Write the files."""
        for index, image in enumerate(self.images):
            write_png(self.folder / f"{index:05d}.png", image[..., ::-1])
        with Lossless(self.video, FPS, self.size_wh, self.size_wh) as writer:
            for image in self.images:
                writer.write(np.ascontiguousarray(image[..., ::-1]))


def gifs(*films: Path, seconds: float = 3.0, gifski: str = "gifski") -> None:
    """Print what each program needs, and what ours shows at the same size."""
    print("| film | program | MB | PSNR | ours at this size | difference |\n|---|---|---|---|---|---|")
    for path in films:
        with TemporaryDirectory() as name:
            film = Film(read(path, seconds), Path(name))
            film.write()
            ours = [ventral(film, loss) for loss in LOSSES]
            for loss, point in zip(LOSSES, ours, strict=True):
                print(
                    f"| {path.stem} | Ventral, loss {loss} | {point.megabytes:.2f} | {point.psnr:.1f} | | |", flush=True
                )
            for title, point in others(film, gifski):
                here = at_size(ours, point.megabytes)
                print(
                    f"| {path.stem} | {title} | {point.megabytes:.2f} | {point.psnr:.1f} | {here:.1f}"
                    f" | {here - point.psnr:+.1f} |",
                    flush=True,
                )


def others(film: Film, gifski: str) -> Iterator[tuple[str, Point]]:
    """What the other programs make of a film; gifski only where it is installed."""
    yield "imageio", with_imageio(film)
    for dither in ("sierra2_4a", "none"):
        for colours in COLOURS:
            yield f"ffmpeg, {dither}, {colours} colours", with_ffmpeg(film, colours, dither)
    if which(gifski):
        for quality in QUALITIES:
            yield f"gifski, quality {quality}", with_gifski(film, quality, gifski)


def at_size(points: Sequence[Point], megabytes: float) -> float:
    """The PSNR of a curve at a size; the last point where the curve ends."""
    ordered = sorted(points, key=lambda each: each.megabytes)
    if megabytes < ordered[0].megabytes:
        return math.nan
    for one, other in pairwise(ordered):
        if one.megabytes <= megabytes <= other.megabytes:
            share = (megabytes - one.megabytes) / (other.megabytes - one.megabytes)
            return one.psnr + share * (other.psnr - one.psnr)
    return ordered[-1].psnr


def read(path: Path, seconds: float) -> list[NDArray[np.uint8]]:
    """The frames from the beginning of a film."""
    width, height = imageio.get_reader(path).get_meta_data()["size"]
    parameters = GifParameters(FPS, (WIDTH, 2 * round(WIDTH * height / width / 2)))
    count = round(seconds * FPS)
    return [*decode(path, parameters.size_wh, "rgb24", filters=parameters.frames, count=count)]


def ventral(film: Film, loss: int) -> Point:
    """Ours, from the video of a recording."""
    return measured(
        film,
        lambda gif: write_gif(film.video, GifParameters(FPS, film.size_wh, loss=loss), to=gif, stop_at=None, loops=0),
    )


def with_imageio(film: Film) -> Point:
    """The default writer of imageio."""
    return measured(film, lambda gif: imageio.mimsave(gif, list(film.images), duration=1000 / FPS))


def with_ffmpeg(film: Film, colours: int, dither: str) -> Point:
    """Two passes of ffmpeg, with one palette for what moves."""
    graph = (
        f"split[one][other];[one]palettegen=stats_mode=diff:max_colors={colours}[palette];"
        f"[other][palette]paletteuse=dither={dither}:diff_mode=rectangle"
    )
    source = ("-framerate", f"{FPS}", "-i", str(film.folder / "%05d.png"))
    return measured(film, lambda gif: Ffmpeg((*source, "-lavfi", graph, str(gif))).end())


def with_gifski(film: Film, quality: int, gifski: str) -> Point:
    """The program gifski."""
    options = ("--quiet", "--fps", f"{FPS:g}", "--width", f"{WIDTH}", "--quality", f"{quality}")
    return measured(film, lambda gif: subprocess.run([gifski, *options, "-o", str(gif), *film.stills], check=True))


def measured(film: Film, write: Callable[[Path], object]) -> Point:
    """The GIF that `write` makes at a path, as a point."""
    path = film.folder / "film.gif"
    write(path)
    ends, shown = list[int](), list[NDArray[np.uint8]]()
    with Pillow.open(path) as gif:
        for frame in ImageSequence.Iterator(gif):
            shown.append(np.asarray(frame.convert("RGB")))
            ends.append((ends[-1] if ends else 0) + frame.info.get("duration", 0))
    middles = [(index + 0.5) * 1000 / FPS for index in range(len(film.images))]
    seen = [shown[min(int(np.searchsorted(ends, each, side="right")), len(shown) - 1)] for each in middles]
    psnr = [10 * math.log10(255**2 / mse(one, other)) for one, other in zip(film.images, seen, strict=True)]
    return Point(path.stat().st_size / 1e6, float(np.mean(psnr)))


def mse(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """The mean squared error of two images."""
    return max(float(np.square(one.astype(np.float32) - other).mean()), 1e-9)


if __name__ == "__main__":
    run(gifs)
