"""A guess is tested on photographs: the input of a classifier that knows them is found, whoever wrote the file."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from models.importing.input.by_trial import WHOLE, by_trial, candidates_for, trial_feeds
from models.importing.input.normalization import (
    CAFFE,
    RAW,
    TENSORFLOW,
    TORCH,
    UNIT,
    InputEstimate,
    Normalization,
    describe,
)
from models.importing.input.trial_pictures import normalized_input, photographs_and_changes
from models.importing.open_network import open_network
from tests.models.importing.nets import CLASSES, Net
from tests.models.importing.reference import save

SIDE, CELLS = 224, 4


def knows_photographs(normalization: Normalization) -> onnx.ModelProto:
    """A classifier by the nearest of four photographs, 4x4 cells each, in pixels of that normalization."""
    pictures = [picture for _, picture in photographs_and_changes((SIDE, SIDE))][:WHOLE]
    tensors = [normalized_input(picture, normalization.input(3))[0] for picture in pictures]
    size = SIDE // CELLS
    known = np.stack([each.reshape(3, CELLS, size, CELLS, size).mean(axis=(2, 4)).ravel() for each in tensors])
    gain = 40 / np.square(known[:, None] - known).sum(-1).max()
    net = Net(producer="pytorch")
    same = net.op("Conv", "x", net.weight(np.eye(3, dtype=np.float32)[:, :, None, None]))
    cells = net.op("AveragePool", same, kernel_shape=[size, size], strides=[size, size])
    bias = net.weight(-gain * np.square(known).sum(axis=1) / 2)
    net.op("Gemm", net.op("Flatten", cells), net.weight(gain * known), bias, out="y", transB=1)
    return net.model([1, 3, SIDE, SIDE], {"y": [1, WHOLE]}, entry="x")


def test_nearly_the_same_input_stays_as_guessed_and_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """PyTorch's and TensorFlow's differ little: nothing decides between them but who wrote the file."""
    with caplog.at_level(logging.INFO):
        open_network(str(save(knows_photographs(TENSORFLOW), tmp_path)))
    assert "guessed: usual for PyTorch, close to it RGB minus 127.5 times 0.007843; to correct it use" in caplog.text


@pytest.mark.parametrize("normalization", (TORCH, UNIT, CAFFE, RAW), ids=lambda each: each.name)
def test_input_of_a_classifier_that_knows_the_photographs_is_found(
    tmp_path: Path, normalization: Normalization, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        fed = open_network(str(save(knows_photographs(normalization), tmp_path))).info.input
    expected = normalization.input(3)
    assert (fed.colours, fed.mean, fed.scale) == (expected.colours, expected.mean, expected.scale)
    reason = "usual for PyTorch" if normalization is TORCH else "(surest on photographs|its scores look trained)"
    assert re.search(f"guessed: {reason}", caplog.text)


def test_classifier_that_knows_nothing_keeps_the_guess(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    net = Net(producer="pytorch")
    one = net.op("Relu", net.conv("x", 3, 8, strides=[2, 2]))
    net.op("Gemm", net.op("Flatten", net.op("GlobalAveragePool", one)), net.random(8, CLASSES, scale=1.0), out="y")
    with caplog.at_level(logging.INFO):
        fed = open_network(str(save(net.model([1, 3, 64, 64], {"y": [1, CLASSES]}, entry="x"), tmp_path))).info.input
    assert fed.mean == pytest.approx(TORCH.mean)
    assert "guessed: usual for PyTorch; to correct it" in caplog.text


GUESS = InputEstimate(TORCH.input(3), "usual for PyTorch", sure=False)
CANDIDATES = candidates_for(GUESS)


def logits_of(sureness: dict[Normalization, float], pictures: int) -> NDArray[np.float32]:
    """Logits as if each candidate named every photograph differently, more or less surely."""
    known = {describe(each.input(3)): value for each, value in sureness.items()}
    gains = np.array([known.get(describe(each), 1.0) for each in CANDIDATES])
    named = np.eye(WHOLE)[[0, *(place % WHOLE for place in range(pictures))]]
    return np.asarray(named[:, None] * gains[:, None], np.float32).reshape(-1, WHOLE)


def test_candidate_that_is_close_is_named() -> None:
    chosen = by_trial(GUESS, CANDIDATES, logits_of({TORCH: 4.0, CAFFE: 3.9}, 12))
    assert chosen.input == TORCH.input(3)
    assert "guessed: usual for PyTorch, close to it BGR minus (104, 117, 123); to correct it use" in chosen.text


@pytest.mark.parametrize("pictures", [0, WHOLE - 1])
def test_too_few_photographs_keep_the_guess(pictures: int) -> None:
    """As on a slow machine."""
    assert by_trial(GUESS, CANDIDATES, logits_of({TORCH: 1.0, CAFFE: 9.0}, pictures)) == GUESS


def test_pictures_for_all_candidates_are_bounded() -> None:
    assert len(trial_feeds(CANDIDATES, (1024, 1024))) == (1 + WHOLE) * len(CANDIDATES)
