"""Network cameras and videos on a server: http, https and rtsp URLs."""

import re

import cv2

from models.errors import SourceError
from realtime.capture.clip import Clip
from realtime.capture.source import SourceKind, SourceOptions
from realtime.capture.video import Live, connect, try_to_read


def open_stream(url: str, options: SourceOptions) -> Live | Clip:
    """Open a URL: a live stream, or a video file on a server; SourceError when it sends no frame."""
    name = public_name(url)
    capture = connect(url, name)
    if url.lower().startswith("http") and capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0:
        capture.release()
        return Clip(name, lambda: connect(url, name), loop=options.loop)
    if (first := try_to_read(capture, name)) is None:
        capture.release()
        raise SourceError(f"{name}: the stream ends before its first frame")
    return Live(name, capture, first)


def public_name(url: str) -> str:
    """A URL without user, password and query, which must not appear on a screen."""
    return re.sub(r"(?<=://)[^/?#]*@|[?#].*", "", url) if "://" in url else url


STREAM = SourceKind(
    expected="an http or rtsp URL",
    matches=lambda text: re.match(r"(https?|rtsps?)://", text, re.IGNORECASE) is not None,
    open=open_stream,
)
