"""Classes by name, number or part of a name."""

from __future__ import annotations

import pytest

from models.errors import SettingError
from models.spec import Network
from realtime.inference.classes import find_class


@pytest.mark.parametrize(("text", "place"), [("green", 1), (" Green ", 1), ("2", 2), ("blu", 0)])
def test_classes_are_found_by_name_number_or_part(network: Network, text: str, place: int) -> None:
    assert find_class(network.info, text) == place


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("e", "did you mean one of: 0 blue, 1 green"),
        ("gren", "did you mean one of: 1 green"),
        ("xyzzy", "has no class 'xyzzy'; expected a name, such as blue, or a number from 0 to 2"),
        ("", "has no class"),
        ("3", "there is no class 3"),
    ],
)
def test_classes_that_do_not_exist_are_refused(network: Network, text: str, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        find_class(network.info, text)
