"""One step of a dream: our graph of the gradient against those who compute gradients for a living."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from models.build.build import build
from models.build.graph_spec import GraphSpec
from models.build.heads.dream import DreamHead
from models.errors import ModelError, SetupError
from models.spec import Hw, Network
from realtime.imaging.frame import Floats, hw
from realtime.inference.providers import CPU, Session
from scripts.dev.benchmarks.frameworks import FRAMEWORKS, GradientStep, read_chain
from scripts.dev.benchmarks.timing import Timing, interleaved

OURS = "ventral"

STRIDE = 8
"""The step is that of the last layer with so many pixels a unit: block4_conv3 of VGG16."""

THREADS = 2

AGREE = 0.02
"""By how much gradients may differ, as a share of their length: where a ReLU is all but off, rounding decides."""


@dataclass(slots=True)
class StepTimings:
    """The gradient of the mean square of `layer`: how long each way takes, and why one was left out, in words."""

    layer: str
    timings: dict[str, Timing] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def ratios(self, name: str) -> tuple[float, float]:
        """How many times as long as ours another way takes: by the clock, and of all cores together."""
        ours, other = self.timings[OURS], self.timings[name]
        return other.wall_ms / ours.wall_ms, other.cpu_ms / ours.cpu_ms


def measure_steps(network: Network, *, size_hw: Hw, runs: int) -> StepTimings:
    """Time the step of every way there is here on the CPU, in turns, after they were found to agree.

    The picture is noise: where pixels are equal, a max pool's gradient is a matter of taste.
    """
    layer = [each for each in network.info.layers if each.stride <= STRIDE][-1]
    image = np.random.default_rng(0).uniform(0, 255, (*size_hw, 3)).astype(np.float32)
    steps, result = {OURS: our_step(network, layer.name, image)}, StepTimings(layer.name)
    expected = steps[OURS]()
    try:
        chain = read_chain(network, layer.name)
    except ModelError as error:
        result.left_out.append(str(error))
    else:
        for name, make in FRAMEWORKS.items():
            try:
                steps[name] = agreeing(make(chain, image, THREADS), expected)
            except SetupError as error:
                result.left_out.append(f"{name} is left out: {error}")
    result.timings = dict(zip(steps, interleaved(list(steps.values()), runs), strict=True))
    return result


def our_step(network: Network, layer: str, image: Floats) -> GradientStep:
    """The step as a graph of its own."""
    head = DreamHead((layer,))
    session = Session(build(GraphSpec(network, head, hw(image))), CPU, threads=THREADS)
    channels = network.info.layer(layer).channels
    feeds = {"image": image, "weights": np.full(channels, 1 / channels, np.float32)}
    return lambda: np.asarray(session.run(feeds)["gradient"])


def agreeing(step: GradientStep, expected: Floats) -> GradientStep:
    """The step, when it finds the expected gradient; who computes something else cannot be compared."""
    off = float(np.linalg.norm(step() - expected) / max(float(np.linalg.norm(expected)), 1e-30))
    if off > AGREE:
        raise SetupError(f"its gradient differs by {off:.1%} from ours")
    return step
