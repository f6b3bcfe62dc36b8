"""Open files and URLs with PyAV; every error is one line."""

import os
import re

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from models.errors import SourceError, one_line
from realtime.capture.films.film_file import FilmFile

EXPECTED = "expected a video file such as MP4, MKV, WebM or AVI"

MAX_PIXELS = 48 << 20  # of a picture of a film: 8192x4320 and a little more
DECODING_THREADS = 4  # more take memory and save little
READ_AHEAD = 256 << 10  # bytes

TIMEOUT = 5.0  # seconds for connecting to a server, and then for each packet
PROBE = 1.0  # seconds of a stream from which its format is found; FFmpeg's five would be waited for
PROTOCOLS = "http,https,httpproxy,tls,tcp,udp,rtp,rtsp,crypto,data"  # what a playlist on a server may name


def read_container(file: FilmFile, name: str) -> InputContainer:
    """The container in a file; SourceError when it is no video. A playlist in it cannot name other files or URLs."""
    if not file.size:
        raise SourceError(f"{name}: the file is empty: {EXPECTED}")
    options = {"protocol_whitelist": "none", "max_pixels": str(MAX_PIXELS)}
    try:
        return av.open(file, "r", options=options, buffer_size=READ_AHEAD, metadata_errors="replace")
    except (av.FFmpegError, ValueError, OSError) as error:
        raise SourceError(f"{name}: not a video, or damaged: {EXPECTED}") from error


def connect(url: str, name: str) -> InputContainer:
    """Open a URL; SourceError, under its public `name`, when there is no answer."""
    options = {
        "protocol_whitelist": PROTOCOLS,
        "max_pixels": str(MAX_PIXELS),
        "rtsp_transport": "tcp",
        "fflags": "discardcorrupt",  # or a JPEG that came in half has a grey lower part
        "analyzeduration": str(round(PROBE * 1e6)),
    }
    try:
        return av.open(url, "r", options=options, timeout=TIMEOUT, metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        raise SourceError(
            f"{name}: no video: check that the camera is on and that its MJPEG or RTSP URL is right ({reason(error)})"
        ) from error


def video_stream(container: InputContainer, name: str) -> VideoStream:
    """The video of a container, ready to decode; SourceError when it has none, or one in an unknown format."""
    streams = [each for each in container.streams.video if not each.disposition & Disposition.attached_pic]
    if not streams:
        raise SourceError(f"{name}: there is no video in it: {EXPECTED}")
    best = container.streams.best("video")
    stream = best if best in streams else streams[0]
    if stream.codec_context is None:
        codec = _codec_name(container)
        raise SourceError(f"{name}: the codec {codec} is not known: convert the video to H.264, VP9 or AV1")
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    stream.codec_context.thread_count = min(os.cpu_count() or 1, DECODING_THREADS)
    return stream


def reason(error: Exception) -> str:
    """What FFmpeg says, without the URL, which may contain a password."""
    return (error.strerror if isinstance(error, av.FFmpegError) else None) or one_line(error)


def _codec_name(container: InputContainer) -> str:
    """The code of a codec without a decoder, which PyAV has only in FFmpeg's description of the whole file."""
    av.logging.set_level(av.logging.INFO)
    try:
        described = re.search(r"Video: (?:none \()?(?!none,)([^\s,/()]+)", container.dumps_format())  # type: ignore[attr-defined]
    finally:
        av.logging.set_level(None)
    return f"'{described[1]}'" if described else "of the video"
