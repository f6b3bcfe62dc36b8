"""LZW (Welch 1984) as in GIF, with a loss: a string of pixels is continued by any colour that is near enough.

Strings become longer than with the nearest colours alone, so the file becomes smaller.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LARGEST = 4096  # codes, after which the table begins anew


@dataclass(frozen=True, slots=True)
class Choices:
    """What a pixel may become, by its bin: the `nearest` index, the `errors` of all indices, and the largest error."""

    nearest: bytes
    errors: Sequence[bytes]
    largest: bytes
    transparent: int
    bits: int  # of an index, at least 2


def compress(bins: Sequence[int], still: bytes, choices: Choices) -> tuple[bytes, bytes]:
    """The indices of pixels, and their codes in LZW; `still` says which pixels may be transparent."""
    clear = 1 << choices.bits
    nearest, errors, largest, transparent = choices.nearest, choices.errors, choices.largest, choices.transparent
    string = transparent if still[0] else nearest[bins[0]]
    chosen, codes = bytearray([string]), [clear]
    children: list[dict[int, int]] = [{} for _ in range(_LARGEST)]  # of each string: the indices that continue it
    newest = clear + 1
    for colour, may_stay in zip(bins[1:], still[1:], strict=True):
        index = transparent if may_stay else nearest[colour]
        known = children[string]
        if known and index not in known:
            row = errors[colour]
            best = min(known, key=row.__getitem__)
            index = best if row[best] <= largest[colour] else index
        chosen.append(index)
        if index in known:
            string = known[index]
            continue
        codes.append(string)
        string, newest = index, newest + 1
        if newest < _LARGEST:
            known[index] = newest
        else:
            codes.append(clear)
            children, newest = [{} for _ in range(_LARGEST)], clear + 1
    return bytes(chosen), _pack(np.array([*codes, string, clear + 1]), choices.bits)


def _pack(codes: NDArray[np.int_], bits: int) -> bytes:
    """Codes as bits, the lowest first: after a clear code, each has the width of the largest code known by then."""
    widths = [max(bits + 1, each.bit_length()) for each in range((1 << bits) + 1, _LARGEST)]
    period = np.array([*widths, widths[-1]])  # with the clear code that ends it
    width = np.concatenate([[bits + 1], np.resize(period, len(codes) - 1)])
    places = np.arange(_LARGEST.bit_length() - 1)
    stream = ((codes[:, None] >> places) & 1)[places < width[:, None]]
    return np.packbits(stream.astype(np.uint8), bitorder="little").tobytes()
