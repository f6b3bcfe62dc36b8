"""Films as people bring them: how each is made, and what is right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image as Pillow

from tests.realtime.capture.films.ffmpeg_films import FILMS, PATTERN, Make, ffmpeg, made_with


@dataclass(frozen=True, slots=True)
class Film:
    """How a film is made, the size at which it is shown, and how long it lasts."""

    make: Make
    size_wh: tuple[int, int] = (160, 120)
    seconds: float = 2.0


LONG_SOUND = ("-f", "lavfi", "-i", "sine=d=4")
UNEVEN = ("-vf", r"setpts='if(lt(N,20),N/20,1+(N-20)/2)/TB'", "-fps_mode", "vfr", "-frames:v", "24")


def _animated(kind: str) -> Make:
    def make(path: Path) -> None:
        first, *others = (Pillow.new("RGB", (160, 120), (0, 40 * number, 0)) for number in range(6))
        times = [100, 100, 300, 100, 100, 300]
        options = {"save_all": True, "append_images": others, "duration": times, "loop": 0}
        first.save(path, kind, **options)

    return make


def _with_sound(path: Path) -> None:
    ffmpeg(*PATTERN, *LONG_SOUND, "-map", "0:v", "-map", "1:a", path)


def _uneven(path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc2=r=20:d=1.2:s=160x120", *UNEVEN, path)


CASES: dict[str, Film] = {
    **{name: Film(make) for name, make in FILMS.items() if name in ("h264.mp4", "vp8.webm", "h264-60.ts", "mpeg4.avi")},
    "hevc-10-bit.mp4": Film(FILMS["hevc-10-bit.mp4"]),
    "av1.mkv": Film(FILMS["av1.mkv"]),
    "rotated-90.mp4": Film(FILMS["rotated-90.mp4"], (120, 160)),
    "rotated-180.mov": Film(FILMS["rotated-180.mov"]),
    "odd.mkv": Film(made_with("-c:v", "ffv1", "-pix_fmt", "yuv444p", "-vf", "scale=123:91,setsar=1"), (123, 91)),
    "wide.mkv": Film(FILMS["wide.mkv"], (213, 120)),
    "wide-2-1.mp4": Film(made_with("-vf", "setsar=2/1"), (320, 120)),
    "one-pixel-high.mkv": Film(
        made_with("-c:v", "ffv1", "-pix_fmt", "yuv444p", "-vf", "scale=160:1,setsar=1"), (160, 1)
    ),
    "two-pixels.mkv": Film(made_with("-c:v", "ffv1", "-pix_fmt", "bgr0", "-vf", "scale=2:2,setsar=1"), (2, 2)),
    "grey.mkv": Film(made_with("-c:v", "ffv1", "-pix_fmt", "gray")),
    "one-picture.mp4": Film(made_with("-frames:v", "1"), seconds=1 / 25),
    "sound-longer.mkv": Film(_with_sound),
    "sound-longer.ts": Film(_with_sound),
    "uneven.mp4": Film(_uneven, seconds=2.55),
    "uneven.mkv": Film(_uneven, seconds=2.55),
    "moving.webp": Film(_animated("WEBP"), seconds=1.0),
    "moving.gif": Film(_animated("GIF"), seconds=1.0),
    "moving.png": Film(_animated("PNG"), seconds=1.0),
}

NAMES: dict[str, bytes] = {
    "latin-1": b"M\xfcnchen.mp4",
    "umlauts": "München äöü.mp4".encode(),
    "emoji": "🦊 fox.mp4".encode(),
    "number sign": b"a#b.mp4",
    "percent": b"frame%03d.mp4",
    "newline": b"two\nlines.mp4",
    "leading dash": b"-loop.mp4",
    "quotes": b'it\'s "one".mp4',
    "like a URL": b"http:x.mp4",
    "like an option": b"a=b;c,d.mp4",
    "brackets": b"clip [1080p] (1).mp4",
    "upper case": b"CLIP.MP4",
    "long": b"x" * 250 + b".mp4",
}
"""Names of films in bytes, as file systems know them."""
