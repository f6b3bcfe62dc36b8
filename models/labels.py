"""Read class names from a file: one name per line, or JSON."""

import json
from pathlib import Path
from typing import Any

from models.errors import ModelError

KINDS = 'a text file with one name per line, or JSON such as ["cat", "dog"] or {"0": "cat", "1": "dog"}'


def read_labels(path: Path, count: int | None = None) -> tuple[str, ...]:
    """The labels in the file at `path`, in the order of the classes; UTF-8, without blank lines at the end.

    JSON may be a list of names, names by number, or Keras's `{"0": ["n01440764", "tench"]}`. Raises ModelError for a
    file that cannot be read, an empty name, or another number of names than the `count` of classes.
    """
    labels = tuple(_parse(path, _text(path)))
    if empty := [place for place, label in enumerate(labels, start=1) if not label]:
        raise ModelError(f"{path} has an empty name for class {empty[0]} of {len(labels)}; expected {KINDS}")
    if not labels:
        raise ModelError(f"{path} has no labels; expected {KINDS}")
    if count is not None and len(labels) != count:
        classes = "1 class" if len(labels) == 1 else f"{len(labels)} classes"
        raise ModelError(f"{path} names {classes}, but the network has {count}")
    return labels


def numbered_labels(count: int) -> tuple[str, ...]:
    """Names for classes without names: class 0, class 1 ..."""
    return tuple(f"class {number}" for number in range(count))


def _text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise OSError(None, "it is not a file")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ModelError(f"cannot read labels from {path}: {error.strerror}; expected {KINDS}") from error
    except UnicodeDecodeError as error:
        raise ModelError(f"{path} is not text in UTF-8; expected {KINDS}") from error
    except ValueError as error:
        raise ModelError(f"{str(path)!r} is not a valid file name; expected {KINDS}") from error


def _parse(path: Path, text: str) -> list[str]:
    if path.suffix.lower() != ".json" and not text.lstrip().startswith(("[", "{")):
        return [_tidy(line) for line in text.rstrip().splitlines()]
    try:
        return _from_json(json.loads(text))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"{path} is JSON without labels; expected {KINDS}") from error


def _from_json(record: Any) -> list[str]:
    """The names in a JSON record; ValueError, KeyError or TypeError for another record."""
    if isinstance(record, dict):
        record = [record[str(number)] for number in range(len(record))]
    if not isinstance(record, list):
        raise TypeError("neither a list nor an object")
    return [_name(each) for each in record]


def _name(each: Any) -> str:
    """A name, or the name in Keras's pair of WordNet ID and name."""
    match each:
        case str():
            return _tidy(each)
        case [str(), str(name)]:
            return _tidy(name.replace("_", " "))
    raise TypeError("neither a name nor a pair of WordNet ID and name")


def _tidy(name: str) -> str:
    """The name in one line, without surrounding spaces."""
    return " ".join(name.split())
