"""What networks of keras.applications have beside named convolutions: batch norms, automatic names, a classifier."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.from_keras import weights
from tests.models.from_keras.test_weights import ARRAYS, SHAPES, assert_same, h5, npz


def test_batch_norms_are_read_in_the_order_of_keras(tmp_path: Path) -> None:
    """From `.npz` by their endings; InceptionV3's have no gamma."""
    random = np.random.default_rng(8)
    arrays = {name: random.normal(size=4).astype(np.float32) for name in ("gamma", "beta", "mean", "var")}
    named: dict[str, Any] = {f"first_{name}": array for name, array in reversed(arrays.items())}
    named |= {f"second_{name}": arrays[name] for name in ("mean", "beta", "var")}
    np.savez(tmp_path / "w.npz", allow_pickle=False, **named)
    found = weights.read(tmp_path / "w.npz", {"first": ((4,),) * 4, "second": ((4,),) * 3})
    assert_same(found, {"first": tuple(arrays.values()), "second": tuple(arrays.values())[1:]})


def test_automatic_names_count_from_the_first_layer_of_the_network(tmp_path: Path) -> None:
    """A process that had made nine convolutions before calls the tenth conv2d_9."""
    wanted = {"conv2d": SHAPES["first"], "conv2d_1": SHAPES["second"], "own": SHAPES["third"]}
    drawn = weights.seeded(wanted, seed=7)
    shifted = {"conv2d_10": drawn["conv2d_1"], "conv2d_9": drawn["conv2d"], "own": drawn["own"]}
    assert_same(weights.read(h5(tmp_path / "w.h5", shifted), wanted), drawn)


@pytest.mark.parametrize("write", [npz, h5])
def test_the_classes_of_a_classifier_are_counted(tmp_path: Path, write: Callable[..., Path]) -> None:
    assert weights.count_classes(write(tmp_path / "without")) is None
    top = {"predictions": weights.seeded({"predictions": ((8, 5), (5,))})["predictions"]}
    assert weights.count_classes(write(tmp_path / "with", ARRAYS | top)) == 5


def test_seeded_batch_norms_neither_keep_nor_spoil_the_size() -> None:
    drawn = weights.seeded({"norm": ((500,),) * 4, "plain": ((500,),) * 3, "deep": ((3, 3, 500, 1),)})
    gamma, beta, mean, variance = drawn["norm"]
    for positive in (gamma, variance, drawn["plain"][2]):
        assert 0.5 <= positive.min() < positive.max() <= 1.5
    for small in (beta, mean, *drawn["plain"][:2]):
        assert np.all(small != 0)
        assert np.abs(small).max() < 1
    assert drawn["deep"][0].std() == pytest.approx(np.sqrt(2 / 9), rel=0.1)
