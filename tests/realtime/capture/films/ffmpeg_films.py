"""Films of many kinds, made by the ffmpeg program and by PyAV, and what the ffmpeg program sees in them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
from av.video.stream import VideoStream

from realtime.imaging.frame import Image

PATTERN = ("-f", "lavfi", "-i", "testsrc2=r=25:d=2:s=160x120")
SOUND = ("-f", "lavfi", "-i", "sine=d=2:r=44100")
UNEVEN = ("-vf", r"setpts='if(lt(N,20),N/25,0.8+(N-20)/7+0.013*mod(N,3))/TB'", "-fps_mode", "vfr", "-frames:v", "40")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "12")

Make = Callable[[Path], None]


def ffmpeg(*arguments: str | Path) -> None:
    """Run the ffmpeg program."""
    program = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([program, "-y", "-loglevel", "error", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL)


def made_with(*options: str) -> Make:
    """The test pattern, encoded with some options."""
    return lambda path: ffmpeg(*PATTERN, *options, path)


def _cut_at_a_picture_that_is_no_key(path: Path) -> None:
    whole = path.with_name("whole.mp4")
    ffmpeg(*PATTERN, *H264, "-bf", "2", whole)
    ffmpeg("-ss", "0.6", "-i", whole, "-c", "copy", path)


def _rotated(degrees: int) -> Make:
    def make(path: Path) -> None:
        plain = path.with_name("plain.mp4")
        ffmpeg(*PATTERN, *H264, plain)
        ffmpeg("-display_rotation:v:0", str(degrees), "-i", plain, "-c", "copy", path)

    return make


def _mirrored(path: Path) -> None:
    plain = path.with_name("plain.mp4")
    ffmpeg(*PATTERN, *H264, plain)
    ffmpeg("-display_rotation:v:0", "90", "-display_hflip:v:0", "-i", plain, "-c", "copy", path)


def _uneven_by_pyav(path: Path) -> None:
    """Forty pictures at times of no rate, from 0.25 s on."""
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(40):
            pixels = np.full((120, 160, 3), number * 6, np.uint8)
            pixels[:, number * 4 : number * 4 + 8] = 255 - number * 6
            frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
            frame.pts, frame.time_base = 250 + number * 31 + number % 4 * 7, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


FILMS: dict[str, Make] = {
    "h264.mp4": made_with(*H264),
    "h264-b-frames.mp4": made_with("-c:v", "libx264", "-bf", "3", "-g", "20"),
    "h264-uneven.mp4": made_with(*H264, "-bf", "2", *UNEVEN),
    "edit-list.mp4": _cut_at_a_picture_that_is_no_key,
    "rotated-90.mp4": _rotated(90),
    "rotated-180.mov": _rotated(180),
    "mirrored.mp4": _mirrored,
    "hevc-10-bit.mp4": made_with("-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=none"),
    "av1.mkv": made_with("-c:v", "libsvtav1", "-preset", "12", "-svtav1-params", "fast-decode=1"),
    "vp8.webm": made_with("-c:v", "libvpx", "-deadline", "realtime"),
    "vp9-uneven.webm": made_with("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", *UNEVEN),
    "late.mkv": made_with(*H264, "-output_ts_offset", "5"),
    "sound-first.mkv": lambda path: ffmpeg("-itsoffset", "0.3", *PATTERN, *SOUND, *H264, "-c:a", "aac", path),
    "h264-60.ts": lambda path: ffmpeg(*PATTERN, *SOUND, "-r", "60", *H264, "-bf", "2", path),
    "mpeg2.mpg": made_with("-c:v", "mpeg2video", "-bf", "2"),
    "mpeg4.avi": made_with("-c:v", "mpeg4", "-bf", "0", "-r", "30000/1001"),
    "mjpeg.avi": made_with("-c:v", "mjpeg", "-pix_fmt", "yuvj422p"),
    "flv1.flv": made_with("-c:v", "flv1"),
    "prores.mov": made_with("-c:v", "prores_ks"),
    "ffv1-odd.mkv": made_with("-c:v", "ffv1", "-pix_fmt", "yuv444p", "-vf", "scale=123:91"),
    "wide.mkv": made_with(*H264, "-vf", "setsar=4/3"),
    "bt709.mp4": made_with(*H264, "-vf", "scale=out_color_matrix=bt709", "-colorspace", "bt709"),
    "full-range.mp4": made_with(*H264, "-vf", "scale=out_range=full", "-color_range", "pc"),
    "uneven-by-pyav.mkv": _uneven_by_pyav,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """The pictures of a film as the ffmpeg program shows them, and their times in seconds."""

    images: list[Image]
    times: list[float]

    def at(self, time: float) -> int:
        """The number of the picture that is shown at a time: the last one that has begun, or the first."""
        return max(sum(start <= time for start in self.times) - 1, 0)


def seen_by_ffmpeg(path: Path, size_wh: tuple[int, int]) -> Seen:
    """Decode a film with the ffmpeg program, in square pixels and upright."""
    width, height = size_wh
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough"]
    command += [
        "-vf",
        "scale=round(iw*max(sar\\,1)):round(ih/min(sar\\,1)),showinfo",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "bgr24",
        "-",
    ]
    ran = subprocess.run(command, capture_output=True, check=True, stdin=subprocess.DEVNULL)
    images = np.frombuffer(ran.stdout, np.uint8).reshape(-1, height, width, 3)
    times = re.findall(r"pts_time:\s*([-\d.]+)", ran.stderr.decode(errors="replace"))
    return Seen(list(images), [float(time) for time in times])
