"""Run an imported network once, in a child process: it must run, compute what its file computes, and show its scale.

A trained classifier has its logits spread by a few units. Fed pixels of 0 to 255 in place of 0 to 1 they explode;
the other way round they all but vanish.
"""

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
from models.importing.input.find_input import PictureInput
from models.importing.input.normalization import NORMALIZATIONS, InputEstimate
from models.spec import INPUT, Hw, InputInfo

Floats: TypeAlias = NDArray[np.float32]

MIN_SPREAD, MAX_SPREAD = 0.4, 25.0
"""The usual spread (standard deviation over the classes) of a trained classifier's logits on a picture."""

MAX_DISTANCE = 2.3
"""E-folds, a factor of ten, outside of which a spread says nothing."""

SEED = 7
TIME_LIMIT = 120.0
"""Seconds for all runs of one file."""

TOLERANCE, TOLERANCE_HALF = 1e-3, 5e-2
"""The largest difference from the file, over the largest value: rounding in another order of operations, and in
float16, whose own precision is 1e-3. Correct conversions in the tests differ by 4e-7 at most."""


@dataclass(frozen=True, slots=True)
class TrialRun:
    """One network, its input, the feeds (number, ...) and the outputs to return."""

    content: bytes
    input: str
    feeds: NDArray[Any]
    outputs: Sequence[str]


def run_in_child(runs: Sequence[TrialRun]) -> list[list[NDArray[Any]]]:
    """The outputs of each run, stacked by feed.

    Raises ModelError when ONNX Runtime refuses a network, crashes or takes longer than TIME_LIMIT.
    """
    with tempfile.TemporaryDirectory(prefix="ventral-") as name:
        folder = Path(name)
        for number, run in enumerate(runs):
            (folder / f"{number}.onnx").write_bytes(run.content)
            np.save(folder / f"{number}.npy", run.feeds)
        jobs = [
            {"model": f"{number}.onnx", "input": run.input, "outputs": list(run.outputs)}
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
    content: bytes, last: str, size_hw: Hw, estimate: InputEstimate, original: Original | None
) -> InputEstimate:
    """Run the network in `content` up to its output `last`; where `estimate` is a guess, on every usual scale.

    Returns the estimate to use. With an `original`, both are compared. Raises ModelError like `run_in_child`.
    """
    picture, candidates = natural_image(size_hw), [estimate.input]
    if not estimate.sure and last == LOGITS:
        candidates += [each.input(len(estimate.input.mean)) for each in NORMALIZATIONS]
    feeds = np.concatenate([normalized_input(picture, candidate) for candidate in candidates])
    runs = [TrialRun(content, INPUT, feeds, [last])]
    if original:
        runs += _comparison(content, feeds[:1], original)
    [outputs], *compared = run_in_child(runs)
    if original:
        _compare(original, *compared)
    return estimate if len(candidates) == 1 else _best(estimate, candidates, outputs)


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


def _best(estimate: InputEstimate, candidates: Sequence[InputInfo], logits: Floats) -> InputEstimate:
    """The first candidate whose logits are spread as usual, or else the nearest."""
    distances = [_outside(each) for each in logits]
    nearest = int(np.argmin(distances))
    if nearest == 0 or distances[nearest] > MAX_DISTANCE:
        return estimate
    return InputEstimate(candidates[nearest], "its scores look trained on this scale", sure=False)


def _outside(logits: Floats) -> float:
    """How many e-folds the spread lies outside of the usual; NaN and infinity are far away."""
    spread = float(logits.astype(np.float64).std()) if np.isfinite(logits).all() else 0.0
    if spread == 0.0:
        return 10 * MAX_DISTANCE
    return float(max(np.log(MIN_SPREAD / spread), np.log(spread / MAX_SPREAD), 0.0))


def normalized_input(picture: Floats, info: InputInfo) -> Floats:
    """The tensor (1, colours, H, W) for a picture (H, W, 3) of 0 to 255 in RGB."""
    match info.colours:
        case "GREY":
            pixels = picture.mean(axis=2, keepdims=True)
        case "BGR":
            pixels = picture[:, :, ::-1]
        case "RGB":
            pixels = picture
    tensor = (pixels - np.array(info.mean, np.float32)) * np.array(info.scale, np.float32)
    return np.ascontiguousarray(tensor.transpose(2, 0, 1)[None], np.float32)


def natural_image(size_hw: Hw) -> Floats:
    """A seeded picture (H, W, 3) with the statistics of a photograph: amplitude falls with frequency, colours agree."""
    rng = np.random.default_rng(SEED)
    down, across = np.meshgrid(np.fft.fftfreq(size_hw[0]), np.fft.fftfreq(size_hw[1]), indexing="ij")
    fall = 1.0 / np.maximum(np.hypot(down, across), 1.0 / max(size_hw))
    waves = rng.normal(size=(4, *size_hw)) + 1j * rng.normal(size=(4, *size_hw))
    shared, *own = np.real(np.fft.ifft2(waves * fall))
    planes = np.stack([shared + 0.4 * plane for plane in own], axis=-1)
    picture: Floats = np.clip(120.0 + 60.0 * planes / planes.std(), 0, 255).astype(np.float32)
    return picture
