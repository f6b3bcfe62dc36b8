"""Names of classes from every kind of file, and one clear line for every kind of bad one."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import ModelError
from models.labels import numbered_labels, read_labels


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("l.txt", b"tench\ngreat white shark\n"),
        ("l.txt", b"  tench \r\ngreat  white shark\r\n\r\n \n"),
        ("names", b"\xef\xbb\xbftench\ngreat white shark"),
        ("l.json", b'["tench", "great white shark"]'),
        ("l.json", b'{"1": "great white shark", "0": "tench"}'),
        ("l.txt", b'{"0": ["n01440764", "tench"], "1": ["n01484850", "great_white_shark"]}'),
    ],
)
def test_reads_every_kind_of_file(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert read_labels(tmp_path / name, count=2) == ("tench", "great white shark")


def test_letters_of_every_language_are_kept(tmp_path: Path) -> None:
    (tmp_path / "l").write_text("Schäferhund\n柴犬\n", encoding="utf-8")
    assert read_labels(tmp_path / "l") == ("Schäferhund", "柴犬")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "has no labels"),
        (b"\n \n", "has no labels"),
        (b"[]", "has no labels"),
        (b"one\n\nthree\n", "empty name for class 2 of 3"),
        (b"one\ntwo\n", "names 2 classes, but the network has 3"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b'{"0": "one", "2": "three"}', "JSON without labels"),
        (b"[1, 2, 3]", "JSON without labels"),
        (b'["one", ', "JSON without labels"),
        (b"[" * 100_000, "JSON without labels"),
        (None, "cannot read labels from"),
    ],
)
def test_a_bad_file_is_named_in_one_line(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "labels.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_labels(path, count=3)
    message = str(caught.value)
    assert message.count("\n") == 0
    assert "labels.txt" in message
    assert words in message


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="it is not a file"):
        read_labels(tmp_path)


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_file_can_have_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="is not a valid file name"):
        read_labels(Path(name))


def test_nameless_classes_are_numbered() -> None:
    assert numbered_labels(2) == ("class 0", "class 1")
