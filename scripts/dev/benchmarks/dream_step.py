"""One step of a dream: the gradient as an ONNX graph, against TensorFlow and PyTorch."""

from dataclasses import dataclass, field

import numpy as np

from models.build.graph_spec import GraphSpec
from models.build.heads.dream import DreamHead
from models.build.precision import Precision
from models.errors import ModelError, SetupError
from models.spec import Hw, Network
from realtime.imaging.frame import Floats, hw
from realtime.inference.int8_session import Int8Session
from realtime.inference.open_session import open_session
from realtime.inference.providers import CPU
from scripts.dev.benchmarks.frameworks import FRAMEWORKS, GradientStep, read_chain
from scripts.dev.benchmarks.timing import Timing, interleaved

OURS, IN_INTEGERS = "ventral", "ventral int8"

STRIDE = 8  # the step is that of the last layer of this stride: block4_conv3 of VGG16

THREADS = 2

TOLERANCE = 0.02
"""The relative difference that gradients may have: rounding decides where the input of a ReLU is close to 0."""


@dataclass(slots=True)
class StepTimings:
    """The gradient of the mean square of `layer`: the timing of each framework, and why others were skipped."""

    layer: str
    timings: dict[str, Timing] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def ratios(self, name: str) -> tuple[float, float]:
        """The wall time and CPU time of a framework relative to ours."""
        ours, other = self.timings[OURS], self.timings[name]
        return other.wall_ms / ours.wall_ms, other.cpu_ms / ours.cpu_ms


def measure_steps(network: Network, *, size_hw: Hw, runs: int) -> StepTimings:
    """Time the step in every installed framework on the CPU, in turns, after checking that the gradients agree.

    The picture is noise: between equal pixels, frameworks choose different gradients of a max pool.
    """
    layer = [each for each in network.info.layers if each.stride <= STRIDE][-1]
    image = np.random.default_rng(0).uniform(0, 255, (*size_hw, 3)).astype(np.float32)
    steps, result = {OURS: our_step(network, layer.name, image)}, StepTimings(layer.name)
    expected = steps[OURS]()
    try:
        chain = read_chain(network, layer.name)
    except ModelError as error:
        result.skipped.append(str(error))
    else:
        for name, make in FRAMEWORKS.items():
            try:
                steps[name] = check_gradient(make(chain, image, THREADS), expected)
            except SetupError as error:
                result.skipped.append(f"{name} is skipped: {error}")
    steps[IN_INTEGERS] = our_step(network, layer.name, image, "int8")
    result.timings = dict(zip(steps, interleaved(list(steps.values()), runs), strict=True))
    return result


def our_step(network: Network, layer: str, image: Floats, precision: Precision = "fp32") -> GradientStep:
    """The step as an ONNX graph."""
    session = open_session(GraphSpec(network, DreamHead((layer,)), hw(image), precision), CPU, threads=THREADS)
    channels = network.info.layer(layer).channels
    feeds = {"image": image, "weights": np.full(channels, 1 / channels, np.float32)}
    if isinstance(session, Int8Session):
        session.settle_for(feeds)
    return lambda: np.asarray(session.run(feeds)["gradient"])


def check_gradient(step: GradientStep, expected: Floats) -> GradientStep:
    """The step if it computes the expected gradient; SetupError if not, since its time would mean nothing."""
    difference = float(np.linalg.norm(step() - expected) / max(float(np.linalg.norm(expected)), 1e-30))
    if difference > TOLERANCE:
        raise SetupError(f"its gradient differs by {difference:.1%} from ours")
    return step
