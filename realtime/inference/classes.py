"""From what the user calls a class to its place in the classifier's list."""

from __future__ import annotations

import difflib

from models.errors import SettingError
from models.spec import ModelInfo

SHOWN = 5
"""How many classes an error names."""


def find_class(info: ModelInfo, text: str) -> int:
    """The place of the class called `text`: its number, its name, or a part of one name alone.

    Raises ModelError when the network has no classifier, SettingError when no class or more than one is meant.
    """
    labels = [label.lower() for label in info.scores.labels]
    wanted = text.strip().lower()
    if wanted.isdecimal():
        return _numbered(int(wanted), text, len(labels))
    if labels.count(wanted) == 1:
        return labels.index(wanted)
    found = [place for place, label in enumerate(labels) if wanted and wanted in label]
    words = [place for place in found if wanted in labels[place].replace(",", " ").split()]
    for places in (words, found):
        if len(places) == 1:
            return places[0]
    raise SettingError(_refusal(info, text, found or _close(wanted, labels)))


def _numbered(number: int, text: str, count: int) -> int:
    if number >= count:
        raise SettingError(f"class {text} is not there: the network names classes 0 to {count - 1}")
    return number


def _close(wanted: str, labels: list[str]) -> list[int]:
    return [labels.index(label) for label in difflib.get_close_matches(wanted, labels, SHOWN)]


def _refusal(info: ModelInfo, text: str, places: list[int]) -> str:
    if not places:
        first, last = info.scores.labels[0], len(info.scores.labels) - 1
        return f"{info.name} names no class '{text}'; expected a name, such as {first}, or a number from 0 to {last}"
    names = ", ".join(f"{place} {info.scores.labels[place]}" for place in places[:SHOWN])
    return f"'{text}' is not the name of one class of {info.name}; did you mean one of: {names}?"
