"""Find a class of the classifier by name, number or part of a name."""

import difflib

from models.errors import SettingError
from models.spec import ModelInfo

SHOWN = 5  # the largest number of classes in an error message


def find_class(info: ModelInfo, text: str) -> int:
    """The index of the class `text`: its number, its name, or a part of one name only.

    Raises ModelError when the network has no classifier, SettingError when no class or several classes match.
    """
    labels = [label.lower() for label in info.scores.labels]
    name = text.strip().lower()
    if name.isdecimal():
        if int(name) < len(labels):
            return int(name)
        raise SettingError(f"there is no class {text}: the network has classes 0 to {len(labels) - 1}")
    if labels.count(name) == 1:
        return labels.index(name)
    partial = [place for place, label in enumerate(labels) if name and name in label]
    whole = [place for place in partial if name in labels[place].replace(",", " ").split()]
    for places in (whole, partial):
        if len(places) == 1:
            return places[0]
    close = [labels.index(label) for label in difflib.get_close_matches(name, labels, SHOWN)]
    raise SettingError(_refusal(info, text, partial or close))


def _refusal(info: ModelInfo, text: str, places: list[int]) -> str:
    if not places:
        first, last = info.scores.labels[0], len(info.scores.labels) - 1
        return f"{info.name} has no class '{text}'; expected a name, such as {first}, or a number from 0 to {last}"
    names = ", ".join(f"{place} {info.scores.labels[place]}" for place in places[:SHOWN])
    return f"'{text}' does not name exactly one class of {info.name}; did you mean one of: {names}?"
