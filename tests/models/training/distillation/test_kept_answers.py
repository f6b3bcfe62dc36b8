"""A teacher is asked once for each crop, as long as its answers fit into memory."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.training.distillation import kept_answers
from models.training.distillation.kept_answers import KeptAnswers, memory
from models.training.distillation.teacher import Answers


class Asked:
    """Answers with the numbers of the crops, and counts the questions."""

    def __init__(self) -> None:
        self.count = 0

    def about(self, places: NDArray[np.int64]) -> Answers:
        self.count += 1
        return (places[:, None].astype(np.float16), -places[:, None, None].astype(np.float16))


def test_answers_are_kept_until_the_next_round() -> None:
    kept, asked = KeptAnswers(6), Asked()
    kept.begin(0)
    for places in (np.array([4, 1]), np.array([0, 2]), np.array([1, 0, 2, 4])):
        first, second = kept.get(places, lambda places=places: asked.about(places))  # type: ignore[misc]
        assert list(first[:, 0]) == list(places)
        assert list(second[:, 0, 0]) == [-place for place in places]
    assert asked.count == 2
    kept.begin(0)
    kept.get(np.array([4]), lambda: asked.about(np.array([4])))
    assert asked.count == 2
    kept.begin(1)
    kept.get(np.array([4]), lambda: asked.about(np.array([4])))
    assert asked.count == 3


def test_without_the_memory_the_teacher_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_answers, "memory", lambda: 40)
    kept, asked, places = KeptAnswers(6), Asked(), np.array([1, 3])
    kept.begin(0)
    for _ in range(2):
        first, _ = kept.get(places, lambda: asked.about(places))
        assert list(first[:, 0]) == [1, 3]
    assert asked.count == 2


def test_the_memory_of_this_machine_is_known() -> None:
    assert memory() > 2**28
