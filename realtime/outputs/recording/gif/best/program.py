"""The program that makes a GIF of the best quality from a video, run as a process of its own: see `best_gif`."""

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import OutputError
from realtime.outputs.recording.encoding import file_url
from realtime.outputs.recording.ffmpeg import Ffmpeg
from realtime.outputs.recording.gif.best.blocks import TRAILER, header
from realtime.outputs.recording.gif.best.frame_encoder import FrameEncoder
from realtime.outputs.recording.gif.drawings import delays
from realtime.outputs.recording.gif.parameters import GifParameters


def best_gif(video: Path, parameters: GifParameters, *, to: Path, stop_at: int | None, loops: int) -> tuple[str, ...]:
    """The command that makes a GIF from a video; it ends after `stop_at` bytes."""
    values = {
        "fps": parameters.fps, "size_wh": parameters.size_wh, "colours": parameters.colours, "loss": parameters.loss
    }  # fmt: skip
    job = {"video": str(video), "to": str(to), "parameters": values, "stop_at": stop_at, "loops": loops}
    return (sys.executable, "-P", "-m", __name__, json.dumps(job))


def write_gif(video: Path, parameters: GifParameters, *, to: Path, stop_at: int | None, loops: int) -> None:
    """Write a GIF from a video; OutputError when ffmpeg cannot read it."""
    encoder, images = FrameEncoder(parameters), frames_of(video, parameters)
    times = delays(1 / parameters.written_fps for _ in iter(int, 1))
    with to.open("wb") as file:
        file.write(header(parameters.size_wh, loops=loops))
        for image, milliseconds in zip(images, times, strict=False):
            file.write(encoder.encode(image, hundredths=milliseconds // 10))
            if stop_at is not None and file.tell() >= stop_at:
                break
        file.write(TRAILER)


def frames_of(video: Path, parameters: GifParameters) -> Iterator[NDArray[np.uint8]]:
    """The frames of a video at the rate and the size of the parameters, RGB (H, W, 3)."""
    width, height = parameters.size_wh
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1")
    ffmpeg = Ffmpeg(("-i", file_url(video), "-vf", parameters.frames, *raw))
    try:
        while len(content := ffmpeg.read(3 * width * height)) == 3 * width * height:
            yield np.frombuffer(content, np.uint8).reshape(height, width, 3)
        ffmpeg.end()
    finally:
        ffmpeg.kill()
        with suppress(OutputError):
            ffmpeg.end()


def main() -> None:
    """Do the job of the command line."""
    job = json.loads(sys.argv[1])
    values = job.pop("parameters")
    parameters = GifParameters(**{**values, "size_wh": tuple(values["size_wh"])})
    write_gif(Path(job["video"]), parameters, to=Path(job["to"]), stop_at=job["stop_at"], loops=job["loops"])


if __name__ == "__main__":
    main()
