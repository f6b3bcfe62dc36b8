"""The keys: the table of the README, the help screen, and the line of keys for the present view."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, pairwise

from realtime.canvas.composer import Canvas
from realtime.canvas.layout import status_height
from realtime.controls.controls import Controls
from realtime.imaging.compositing import Rect, shade
from realtime.imaging.drawing import write_fitting
from realtime.imaging.frame import Image
from realtime.imaging.text import ACCENT, BRIGHT, QUIET, text_width, write

KEY_SHAPES = {" ": "space"}

PURPOSES = {
    "views": ("show/view",),
    "look": ("show/", "features/", "gradcam/", "saliency/", "predict/", "tiles/"),
    "move": ("show/layer", "tiles/zoom", "tiles/number", "tiles/up", "tiles/left", "tiles/down", "tiles/right"),
    "dream": ("dream/",),
    "record": ("record/",),
    "window": ("window/", "show/quit", "show/reset", "show/leave"),
}
"""What controls are for, by the beginnings of their paths; the longest beginning decides."""

OF_TILES = ("tiles/zoom", "tiles/active", "tiles/up")
"""Controls that the line of keys leaves out where there is one tile or none."""

OF_CHANNELS = ("tiles/number",)
"""Those that it leaves out where there is no single channel."""

LONGEST = 30  # letters of two lines that are merged
MOST_COLUMNS, WIDEST = 4, 20  # of the help screen; a column is that many text sizes wide


@dataclass(frozen=True, slots=True)
class KeyLine:
    """What some keys do: the path of their control, the keys, and a few words."""

    path: str
    keys: tuple[str, ...]
    text: str


def help_lines(controls: Controls) -> list[tuple[str, str]]:
    """Keys and what they do, all of it: the table of the README."""
    lines: dict[str, list[str]] = {}
    for line in _bound(controls):
        lines.setdefault(line.text, []).extend(line.keys)
    return [(" ".join(keys), text) for text, keys in lines.items()]


def help_screen(controls: Controls) -> dict[str, list[KeyLine]]:
    """Purpose -> the keys for it in a few words: the first key of each control, and similar ones on one line."""
    groups: dict[str, list[KeyLine]] = {purpose: [] for purpose in PURPOSES}
    for line in _bound(controls):
        lines = groups[_purpose(line.path)]
        short = KeyLine(line.path, line.keys[:1], _short(line.text))
        merged = _merged(lines[-1], short) if lines else None
        if merged is not None:
            lines[-1] = merged
        else:
            lines.append(short)
    return groups


def draw_help(image: Image, groups: dict[str, list[KeyLine]]) -> None:
    """Draw the help screen: every key by purpose, in as many columns as make its text largest."""
    height, width = image.shape[:2]
    edge = max(round(min(height, width) / 24), 6)
    shade(image, Rect(0, 0, width, height), strength=0.97)
    columns = max((_columns(groups, count) for count in range(1, MOST_COLUMNS + 1)), key=partial(_fit, groups, image))
    size, pitch, wide = _fit(groups, image, columns)
    for number, column in enumerate(columns):
        left, top = edge + number * (wide + edge), float(edge)
        for purpose in column:
            _draw_purpose(image, purpose, groups[purpose], Rect(left, round(top), wide, round(pitch)), size)
            top += pitch * (len(groups[purpose]) + 0.5)


def _fit(groups: dict[str, list[KeyLine]], image: Image, columns: list[list[str]]) -> tuple[int, float, int]:
    """The size of the text in columns that fill the window, the pitch of its lines, and the width of a column."""
    height, width = image.shape[:2]
    edge = max(round(min(height, width) / 24), 6)
    pitch = (height - 2 * edge) / max(_rows(groups, column) for column in columns)
    wide = (width - edge) // len(columns) - edge
    return max(min(round(pitch * 0.84), wide // WIDEST), 8), pitch, wide


def _rows(groups: dict[str, list[KeyLine]], column: list[str]) -> float:
    """The lines of a column, with half a line between two purposes."""
    return sum(len(groups[purpose]) + 0.5 for purpose in column) - 0.5


def key_strip(controls: Controls, canvas: Canvas) -> list[tuple[str, str]]:
    """The keys that matter in the present view, the most important first."""
    count = len(canvas.tiles.channels) if canvas.tiles is not None else 0
    hidden = (*canvas.unused, *(OF_TILES if count <= 1 else ()), *(OF_CHANNELS if count == 0 else ()))
    of_view = [
        line
        for group in help_screen(controls).values()
        for line in group
        if line.path.partition("/")[0] in canvas.groups and line.path not in hidden
    ]

    def rank(line: KeyLine) -> tuple[int, bool]:
        """The view's own group first, and in it what concerns single tiles."""
        return -canvas.groups.index(line.path.partition("/")[0]), line.path not in OF_TILES

    layers = [("[ ]", "layer")] if canvas.layer is not None else []
    return [
        ("h", "help"),
        ("v", "next view"),
        *layers,
        *((" ".join(line.keys), line.text) for line in sorted(of_view, key=rank)),
    ]


def draw_keys(image: Image, keys: Sequence[tuple[str, str]]) -> None:
    """Draw the line of keys above the status line; those that do not fit are left out."""
    height, width = image.shape[:2]
    strip = status_height((height, width))
    size, edge = max(round(strip * 0.31), 9), max(round(strip * 0.42), 4)
    left, baseline = edge, height - round(strip * 0.6)
    shade(image, Rect(0, height - strip, width, strip // 2), strength=0.82)
    for key, text in keys:
        wide = text_width(key, size) + size // 2 + text_width(text, size)
        if left + wide > width - edge:
            return
        used = write(image, key, left, baseline, size, ACCENT)
        write(image, text, left + used + size // 2, baseline, size, QUIET)
        left += wide + round(size * 1.3)


def _bound(controls: Controls) -> Iterator[KeyLine]:
    """What each binding and each action does."""
    for value in controls.table.values():
        for bind in value.binds:
            yield KeyLine(value.path, tuple(KEY_SHAPES.get(key, key) for key in bind.keys), bind.help)
    for action in controls.actions.values():
        yield KeyLine(action.name, tuple(KEY_SHAPES.get(key, key) for key in action.keys), action.help)


def _purpose(path: str) -> str:
    found = [
        (len(start), purpose) for purpose, starts in PURPOSES.items() for start in starts if path.startswith(start)
    ]
    return max(found)[1] if found else "look"


def _short(text: str) -> str:
    """The words before the first colon, semicolon or comma."""
    return text.partition(":")[0].partition(";")[0].partition(",")[0]


def _merged(before: KeyLine, line: KeyLine) -> KeyLine | None:
    """Two lines in one: the same text, or texts that begin with the same word."""
    keys = (*before.keys, *line.keys)
    if before.text == line.text:
        return KeyLine(before.path, keys, before.text)
    first, _, rest = line.text.partition(" ")
    text = f"{before.text}, {rest}"
    if rest and before.text.startswith(f"{first} ") and len(text) <= LONGEST:
        return KeyLine(before.path, keys, text)
    return None


def _columns(groups: dict[str, list[KeyLine]], count: int) -> list[list[str]]:
    """The purposes, in order, in at most `count` columns, the longest of which is as short as possible."""
    names = [name for name, lines in groups.items() if lines]
    ways = (
        [names[start:end] for start, end in pairwise((0, *cuts, len(names)))]
        for cuts in combinations(range(1, len(names)), min(count, len(names)) - 1)
    )
    return min(ways, key=lambda columns: max(_rows(groups, column) for column in columns))


def _draw_purpose(image: Image, purpose: str, lines: Sequence[KeyLine], line: Rect, size: int) -> None:
    """The purpose at the left of its first line, then keys and words."""
    head, keys_w = round(size * 4.3), round(size * 4.4)
    write(image, purpose, line.left, line.top + size, size, QUIET)
    for number, each in enumerate(lines):
        top = line.top + number * line.height
        left = line.left + head
        write_fitting(image, " ".join(each.keys), Rect(left, top, keys_w - size // 2, size), size=size, colour=ACCENT)
        words = Rect(left + keys_w, top, line.width - head - keys_w, size)
        write_fitting(image, each.text, words, size=size, colour=BRIGHT)
