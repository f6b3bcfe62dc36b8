"""Run a network once, to see that ONNX Runtime opens it and on what scale it wants its pictures.

A trained classifier has its logits spread by a few units. Fed pixels of 0 to 255 in place of 0 to 1 they explode;
the other way round they all but vanish.
"""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.importing.analysis.analysis import Analysis
from models.importing.analysis.find_classifier import LOGITS
from models.importing.first_line import first_line
from models.importing.input.normalization import NORMALIZATIONS, InputEstimate
from models.spec import INPUT, Hw, InputInfo

CALM, WILD = 0.4, 25.0
"""The spread (standard deviation over the classes) of a classifier's logits on a picture: trained ones lie between."""

FAR = 2.3
"""E-folds, a factor of ten, outside of which a spread says nothing."""

SEED = 7
FATAL_ONLY = 4


class TrialSession:
    """A network opened for a few runs on the CPU."""

    def __init__(self, content: bytes) -> None:
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = FATAL_ONLY
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises classes of its own, which derive from Exception alone
            raise ModelError(f"ONNX Runtime cannot open it: {first_line(error)}") from error

    def run(self, output: str, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """One output for one picture."""
        try:
            result: NDArray[np.float32] = self._session.run([output], {INPUT: tensor})[0]
        except Exception as error:
            raise ModelError(f"ONNX Runtime cannot run it: {first_line(error)}") from error
        return result


def learn(content: bytes, anatomy: Analysis, channels: int, reading: InputEstimate) -> InputEstimate:
    """Run the network in `content` once, and where its `reading` is a guess, on every scale that is usual."""
    trial, picture = TrialSession(content), natural(anatomy.normal_hw)
    if reading.sure or not anatomy.classes:
        trial.run(LOGITS if anatomy.classes else anatomy.layers[-1].name, feed(picture, reading.input))
        return reading
    candidates = [reading.input, *(recipe.input(channels) for recipe in NORMALIZATIONS)]
    distances = []
    for candidate in candidates:
        distances.append(_outside(trial.run(LOGITS, feed(picture, candidate))))
        if distances[-1] == 0.0:
            break
    nearest = int(np.argmin(distances))
    if nearest == 0 or distances[nearest] > FAR:
        return reading
    return InputEstimate(
        candidates[nearest], "on this scale its scores are like those of a trained network", sure=False
    )


def _outside(logits: NDArray[np.float32]) -> float:
    """How many e-folds the spread lies outside of what is usual; one that is no number is far away."""
    spread = float(logits.astype(np.float64).std()) if np.isfinite(logits).all() else 0.0
    if spread == 0.0:
        return 10 * FAR
    return float(max(np.log(CALM / spread), np.log(spread / WILD), 0.0))


def feed(picture: NDArray[np.float32], info: InputInfo) -> NDArray[np.float32]:
    """A picture (H, W, 3) of 0 to 255 RGB as a network wants it: (1, colours, H, W)."""
    match info.colours:
        case "GREY":
            seen = picture.mean(axis=2, keepdims=True)
        case "BGR":
            seen = picture[:, :, ::-1]
        case "RGB":
            seen = picture
    tensor = (seen - np.array(info.mean, np.float32)) * np.array(info.scale, np.float32)
    return np.ascontiguousarray(tensor.transpose(2, 0, 1)[None], np.float32)


def natural(size_hw: Hw) -> NDArray[np.float32]:
    """A seeded picture (H, W, 3) with the statistics of a photograph: amplitude falls with frequency, colours agree."""
    rng = np.random.default_rng(SEED)
    down, across = np.meshgrid(np.fft.fftfreq(size_hw[0]), np.fft.fftfreq(size_hw[1]), indexing="ij")
    fall = 1.0 / np.maximum(np.hypot(down, across), 1.0 / max(size_hw))
    waves = rng.normal(size=(4, *size_hw)) + 1j * rng.normal(size=(4, *size_hw))
    shared, *own = np.real(np.fft.ifft2(waves * fall))
    planes = np.stack([shared + 0.4 * plane for plane in own], axis=-1)
    picture: NDArray[np.float32] = np.clip(120.0 + 60.0 * planes / planes.std(), 0, 255).astype(np.float32)
    return picture
