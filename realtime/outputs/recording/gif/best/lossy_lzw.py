"""LZW (Welch 1984) as in GIF, with a loss: a string of pixels is continued by any colours that are near enough.

Of all strings in the table that may stand at a place, the one is taken that shows the most pixels with the least error.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LARGEST = 4096  # codes, after which the table begins anew
_TRIES = 500  # strings that are compared at one place


@dataclass(frozen=True, slots=True)
class Pixels:
    """Pixels in their order, each by its bin, and what it is worth to show it within a string.

    The `gains` are what the nearest index is worth, and `stays` what transparency is, 0 where it may not be.
    """

    bins: Sequence[int]
    gains: Sequence[int]
    stays: Sequence[int]


@dataclass(frozen=True, slots=True)
class Choices:
    """What a pixel may become, by its bin: the `near` indices, and the `losses` of all 256 against the nearest one."""

    near: Sequence[bytes]
    losses: Sequence[bytes]
    transparent: int
    bits: int  # of an index, at least 2


def compress(pixels: Pixels, choices: Choices) -> tuple[bytes, bytes]:
    """The indices of pixels, and their codes in LZW."""
    clear, end = 1 << choices.bits, len(pixels.bins)
    chosen, codes = bytearray(), [clear]
    while len(chosen) < end:
        longer, texts = _table()
        before = -1
        for newest in range(clear + 1, _LARGEST):
            string = _best(longer, len(chosen), pixels, choices)
            text = texts[string]
            if before >= 0:
                longer[before].setdefault(text[0], newest)
                texts[newest] = texts[before] + text[:1]
            codes.append(string)
            chosen += text
            if len(chosen) == end:
                return bytes(chosen), _pack(np.array([*codes, clear + 1]), choices.bits)
            before = string
        codes.append(clear)
    return bytes(chosen), _pack(np.array([*codes, clear + 1]), choices.bits)


def _table() -> tuple[list[dict[int, int]], list[bytes]]:
    """By code: the codes of the strings that are longer by an index, and the indices of each string."""
    return [{} for _ in range(_LARGEST)], [bytes([code % 256]) for code in range(_LARGEST)]


def _best(longer: Sequence[dict[int, int]], place: int, pixels: Pixels, choices: Choices) -> int:
    """The code of the string that is worth most at a place."""
    bins, gains, stays, transparent = pixels.bins, pixels.gains, pixels.stays, choices.transparent
    near, losses, end = choices.near, choices.losses, len(pixels.bins)
    colour, gain = bins[place], gains[place]
    row = losses[colour]
    open_ = [(gain - row[index], index, place + 1) for index in near[colour] if row[index] < gain]
    if stays[place] > 0:
        open_.append((stays[place], transparent, place + 1))
    best, most = 0, -1
    for _ in range(_TRIES):
        if not open_:
            break
        value, string, place = open_.pop()
        if value > most:
            best, most = string, value
        known = longer[string]
        if not known or place == end:
            continue
        colour, gain = bins[place], gains[place]
        row = losses[colour]
        for index in near[colour] if len(near[colour]) < len(known) else known:
            if index in known and row[index] < gain:
                open_.append((value + gain - row[index], known[index], place + 1))
        if transparent in known and stays[place] > 0:
            open_.append((value + stays[place], known[transparent], place + 1))
    return best


def _pack(codes: NDArray[np.int_], bits: int) -> bytes:
    """Codes as bits, the lowest first: after a clear code, each has the width of the largest code known by then."""
    widths = [max(bits + 1, each.bit_length()) for each in range((1 << bits) + 1, _LARGEST)]
    period = np.array([*widths, widths[-1]])  # with the clear code that ends it
    width = np.concatenate([[bits + 1], np.resize(period, len(codes) - 1)])
    places = np.arange(_LARGEST.bit_length() - 1)
    stream = ((codes[:, None] >> places) & 1)[places < width[:, None]]
    return np.packbits(stream.astype(np.uint8), bitorder="little").tobytes()
