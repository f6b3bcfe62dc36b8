"""The program that makes a GIF of the best quality from a video, run as a process of its own: see `best_gif`."""

import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from realtime.outputs.recording.decode import decode
from realtime.outputs.recording.gif.best.blocks import TRAILER, header
from realtime.outputs.recording.gif.best.frame_encoder import FrameEncoder
from realtime.outputs.recording.gif.drawings import delays
from realtime.outputs.recording.gif.parameters import GifParameters


def best_gif(video: Path, parameters: GifParameters, *, to: Path, stop_at: int | None, loops: int) -> tuple[str, ...]:
    """The command that makes a GIF from a video; it ends after `stop_at` bytes, or when this process is gone."""
    values = {
        "fps": parameters.fps, "size_wh": parameters.size_wh, "colours": parameters.colours, "loss": parameters.loss
    }  # fmt: skip
    job = {"video": str(video), "to": str(to), "parameters": values, "stop_at": stop_at, "loops": loops}
    return (sys.executable, "-P", "-m", __name__, json.dumps(job), f"{os.getpid()}")


def write_gif(
    video: Path,
    parameters: GifParameters,
    *,
    to: Path,
    stop_at: int | None,
    loops: int,
    after_frame: Callable[[], None] = lambda: None,
) -> None:
    """Write a GIF from a video; OutputError when ffmpeg cannot read it. `after_frame` is called after each frame."""
    encoder = FrameEncoder(parameters)
    images = decode(video, parameters.size_wh, "rgb24", filters=parameters.frames)
    times = delays(1 / parameters.written_fps for _ in iter(int, 1))
    with to.open("wb") as file:
        file.write(header(parameters.size_wh, loops=loops))
        for image, milliseconds in zip(images, times, strict=False):
            file.write(encoder.encode(image, hundredths=milliseconds // 10))
            after_frame()
            if stop_at is not None and file.tell() >= stop_at:
                break
        file.write(TRAILER)


def main() -> None:
    """Do the job of the command line, and write a byte to standard output after each frame."""
    job = json.loads(sys.argv[1])
    values = job.pop("parameters")
    parameters = GifParameters(**{**values, "size_wh": tuple(values["size_wh"])})
    video, to = Path(job.pop("video")), Path(job.pop("to"))
    write_gif(video, parameters, to=to, after_frame=partial(_count, int(sys.argv[2])), **job)


def _count(parent: int) -> None:
    """Tell the program that wants the GIF of a frame; without it, there is nothing to go on for."""
    if os.getppid() != parent:
        sys.exit("the program that wanted the GIF is gone")
    sys.stdout.write(".")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
