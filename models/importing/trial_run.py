"""Run an imported network once, in a child process: it must run, compute what its file computes, and show its scale."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from onnx import helper

from models.errors import LONGEST, ModelError
from models.importing import trial_process
from models.importing.analysis.find_classifier import LOGITS
from models.importing.input.by_trial import WHOLE, by_trial, candidates_for, trial_feeds
from models.importing.input.find_input import PictureInput
from models.importing.input.normalization import InputEstimate
from models.importing.input.trial_pictures import natural_image, normalized_input
from models.spec import INPUT, Hw

Floats: TypeAlias = NDArray[np.float32]

TIME_LIMIT = 120.0
"""Seconds for all runs of one file."""

TRIAL_SECONDS = 3.0
"""Seconds after which feeds that are not needed are left out."""

TOLERANCE, TOLERANCE_HALF = 1e-3, 5e-2
"""The largest difference from the file, over the largest value: rounding in another order of operations, and in
float16, whose own precision is 1e-3. Correct conversions in the tests differ by 4e-7 at most."""


@dataclass(frozen=True, slots=True)
class TrialRun:
    """One network, its input, the feeds (number, ...) and the outputs to return; of the feeds, `needed` are run.

    The others are run while there is time, for TRIAL_SECONDS.
    """

    content: bytes
    input: str
    feeds: NDArray[Any]
    outputs: Sequence[str]
    needed: int = sys.maxsize


def run_in_child(runs: Sequence[TrialRun]) -> list[list[NDArray[Any]]]:
    """The outputs of each run, stacked by feed; there may be fewer than feeds.

    Raises ModelError when ONNX Runtime refuses a network, crashes or takes longer than TIME_LIMIT.
    """
    with tempfile.TemporaryDirectory(prefix="ventral-") as name:
        folder = Path(name)
        for number, run in enumerate(runs):
            (folder / f"{number}.onnx").write_bytes(run.content)
            np.save(folder / f"{number}.npy", run.feeds)
        jobs = [
            {
                "model": f"{number}.onnx",
                "input": run.input,
                "outputs": list(run.outputs),
                "needed": run.needed,
                "seconds": TRIAL_SECONDS,
            }
            for number, run in enumerate(runs)
        ]
        (folder / "job.json").write_text(json.dumps(jobs))
        _start(folder)
        return [_load(folder / f"{number}.npz") for number in range(len(runs))]


def _load(file: Path) -> list[NDArray[Any]]:
    with np.load(file) as arrays:
        return [arrays[name] for name in arrays.files]


def _start(folder: Path) -> None:
    command = [sys.executable, "-P", trial_process.__file__, str(folder)]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=TIME_LIMIT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ModelError(f"ONNX Runtime did not finish running it within {TIME_LIMIT:g} seconds") from None
    if done.returncode == trial_process.FAILED:
        raise ModelError(f"ONNX Runtime cannot run it: {done.stdout[:LONGEST]}")
    if done.returncode:
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit status {done.returncode}"
        raise ModelError(f"ONNX Runtime crashed ({how}) while running it")


@dataclass(frozen=True, slots=True)
class Original:
    """The file as it came: its content cut down to `tensors`, each with its name in the imported network."""

    content: bytes
    input: PictureInput
    tensors: Mapping[str, str]
    has_halves: bool


def try_out(
    content: bytes, outputs: Sequence[str], size_hw: Hw, estimate: InputEstimate, original: Original | None
) -> InputEstimate:
    """Run the network in `content` up to its `outputs`; where `estimate` is a guess about a classifier, try the others.

    Returns the estimate to use. With an `original`, both are compared. Raises ModelError like `run_in_child`.
    """
    is_tried = not estimate.sure and outputs[0] == LOGITS
    candidates = candidates_for(estimate) if is_tried else [estimate.input]
    feeds = trial_feeds(candidates, size_hw) if is_tried else normalized_input(natural_image(size_hw), estimate.input)
    runs = [TrialRun(content, INPUT, feeds, outputs[:1], needed=(1 + WHOLE) * len(candidates))]
    if outputs[1:]:
        runs.append(TrialRun(content, INPUT, feeds[:1], outputs[1:]))
    if original:
        runs += _comparison(content, feeds[:1], original)
    found = run_in_child(runs)
    if original:
        _compare(original, *found[-2:])
    return by_trial(estimate, candidates, found[0][0]) if is_tried else estimate


def _comparison(content: bytes, feeds: Floats, original: Original) -> list[TrialRun]:
    """The imported network and the original on one picture."""
    kind = helper.tensor_dtype_to_np_dtype(original.input.kind)
    pixels = np.round(feeds).astype(kind) if original.input.is_integer else feeds.astype(kind)
    theirs = pixels.transpose(0, 2, 3, 1) if original.input.layout == "NHWC" else pixels
    return [
        TrialRun(content, INPUT, pixels.astype(np.float32), list(original.tensors.values())),
        TrialRun(original.content, original.input.name, theirs, list(original.tensors)),
    ]


def _compare(original: Original, ours: Sequence[NDArray[Any]], theirs: Sequence[NDArray[Any]]) -> None:
    tolerance = TOLERANCE_HALF if original.has_halves else TOLERANCE
    for name, one, other in zip(original.tensors, ours, theirs, strict=True):
        error = difference(one, other)
        if error > tolerance:
            raise ModelError(f"'{name}' differs by {error:.1e} after the import; expected at most {tolerance:.0e}")


def difference(one: NDArray[Any], other: NDArray[Any]) -> float:
    """The largest difference over the largest value of `other`, which may be in NHWC or of another rank."""
    if other.ndim == 4 and one.shape != other.shape:
        other = other.transpose(0, 3, 1, 2)
    if one.size != other.size:
        return float("inf")
    expected = other.reshape(one.shape).astype(np.float64)
    if not np.isfinite(expected).all():
        return 0.0  # on this scale of pixels the file itself overflows
    return float(np.abs(one - expected).max() / (np.abs(expected).max() or 1.0))
