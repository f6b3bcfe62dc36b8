"""The formats of pictures that are read, and the names of their files."""

from pathlib import Path

BY_CONTENT = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "AVIF": (".avif", ".avifs"),
    "BMP": (".bmp",),
    "TIFF": (".tif", ".tiff"),
    "JPEG2000": (".jp2", ".j2k", ".jpc", ".jpf", ".jpx", ".j2c"),
    "PSD": (".psd",),
    "QOI": (".qoi",),
    "DDS": (".dds",),
    "ICO": (".ico",),
    "ICNS": (".icns",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "SUN": (".ras",),
    "XPM": (".xpm",),
}
"""Formats whose files begin with words of their own, whatever they are called."""

BY_SUFFIX = {
    "CUR": (".cur",),
    "DIB": (".dib",),
    "PCX": (".pcx",),
    "DCX": (".dcx",),
    "MSP": (".msp",),
    "SGI": (".sgi", ".rgb", ".rgba", ".bw"),
    "TGA": (".tga", ".icb", ".vda", ".vst"),
    "XBM": (".xbm",),
}
"""Formats that any file might seem to have, so that the name decides. Pillow's EPS is left out: it runs a program."""

HEIF = (".heic", ".heif", ".hif")  # with the extra `heif`

_FORMAT_OF = {suffix: format_ for format_, suffixes in BY_SUFFIX.items() for suffix in suffixes}

SUFFIXES = frozenset({*_FORMAT_OF, *HEIF, *(suffix for suffixes in BY_CONTENT.values() for suffix in suffixes)})


def formats_of(path: Path) -> tuple[str, ...]:
    """The names that Pillow has for the formats that a file may have."""
    by_suffix = _FORMAT_OF.get(path.suffix.lower())
    return (*BY_CONTENT, by_suffix) if by_suffix else tuple(BY_CONTENT)
