"""Measures whether another number format computes a network faster, and nearly the same."""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import numpy as np

from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.build.heads.dream import DreamHead
from models.build.heads.head import Head
from models.build.precision import Precision
from models.errors import VentralError, one_line
from models.spec import Hw, Network
from realtime.imaging.frame import Floats, Image, hw
from realtime.inference.engine import Engine, SessionLike
from realtime.inference.int8_session import Int8Session
from realtime.inference.network_input import network_input
from realtime.inference.open_session import open_session
from realtime.inference.providers import Tensors
from realtime.threads.background_result import BackgroundResult

log = logging.getLogger(__name__)

GAIN = 0.9  # another format helps when it takes less than this part of the time of fp32
RUNS = 7  # of each, in turns
LONGEST = 0.6  # seconds of measuring, after two runs


class FormatTrial(ABC):
    """A trial of `candidate` for one kind of graph, in the background of a show, with what it shows first.

    `ratio` is the time of the candidate relative to fp32; it is 1 before the trial, and where the candidate is not much
    faster or not exact enough.
    """

    output: ClassVar[str]
    exact: ClassVar[float]  # what `exactness` must exceed

    def __init__(self, candidate: Precision, network: Network, engine: Engine) -> None:
        self._candidate, self._network, self._engine = candidate, network, engine
        self.measuring, self.ratio = True, 1.0
        self._request = BackgroundResult[float]()

    @abstractmethod
    def head(self, layer: str) -> Head:
        """The head of the graph."""

    @abstractmethod
    def feeds(self, layer: str, image: Image) -> Tensors:
        """The inputs of the graph."""

    @abstractmethod
    def exactness(self, exact: Floats, other: Floats) -> float:
        """How near the output of the candidate is to that of fp32."""

    def update(self, layer: str, image: Image, size_hw: Hw) -> None:
        """Measure in the background; `image` is the newest frame, `size_hw` the size of the input, `layer` is shown."""
        if not self.measuring:
            return
        if self._request.idle:
            self._request.send(self._engine.start(partial(self._measured, layer, network_input(image, size_hw))))
        try:
            ratio = self._request.take()
        except Exception as error:
            known = isinstance(error, VentralError)
            log.warning("%s was not tried: %s", self._candidate, one_line(error), exc_info=None if known else error)
            ratio = 1.0
        if ratio is not None:
            self.measuring, self.ratio = False, ratio

    def _measured(self, layer: str, image: Image) -> float:
        """The ratio; 1 where the candidate does not help."""
        names: tuple[Precision, ...] = ("fp32", self._candidate)
        specs = {name: GraphSpec(self._network, self.head(layer), hw(image), name) for name in names}
        sessions = {name: open_session(spec, self._engine.provider, background=True) for name, spec in specs.items()}
        feeds = self.feeds(layer, image)
        for session in sessions.values():
            if isinstance(session, Int8Session):
                session.settle_for(feeds)
        outputs = {name: session.run(feeds)[self.output] for name, session in sessions.items()}
        exactness = self.exactness(outputs["fp32"], outputs[self._candidate])
        times = shortest_times(sessions, feeds)
        ratio = times[self._candidate] / times["fp32"]
        log.debug("%s of %s: %.2f of the time of fp32, exactness %.2f", self._candidate, layer, ratio, exactness)
        return ratio if ratio < GAIN and exactness > self.exact else 1.0


class ViewTrial(FormatTrial):
    """The activations of a layer; exactness is in dB, of the worst tenth of the channels."""

    output, exact = "activations", 30.0

    def head(self, layer: str) -> Head:
        """The activations."""
        return ActivationsHead(layer)

    def feeds(self, layer: str, image: Image) -> Tensors:
        """The picture."""
        return {"image": image}

    def exactness(self, exact: Floats, other: Floats) -> float:
        """Below the limit, a format is too coarse, or wrong on this processor."""
        return worst_tenth(exact, other)


class DreamTrial(FormatTrial):
    """The gradient of a layer; exactness is the cosine of the two directions."""

    output, exact = "gradient", 0.9

    def head(self, layer: str) -> Head:
        """The gradient of the whole layer."""
        return DreamHead((layer,))

    def feeds(self, layer: str, image: Image) -> Tensors:
        """The picture, and equal weights for all channels."""
        channels = self._network.info.layer(layer).channels
        return {"image": image.astype(np.float32), "weights": np.full(channels, 1 / channels, np.float32)}

    def exactness(self, exact: Floats, other: Floats) -> float:
        """1 for the same direction."""
        lengths = np.linalg.norm(exact) * np.linalg.norm(other)
        return float(np.vdot(exact, other) / lengths) if lengths else 0.0


def worst_tenth(exact: Floats, other: Floats) -> float:
    """The peak signal-to-noise ratio, in dB, that nine tenths of the active channels (C, h, w) exceed."""
    peaks = np.abs(exact).max(axis=(1, 2))
    errors = np.square(exact - other).mean(axis=(1, 2))
    active = peaks > 0.02 * peaks.max()
    ratios = 10 * np.log10(np.square(peaks[active]) / np.maximum(errors[active], 1e-20))
    return float(np.percentile(ratios, 10)) if active.any() else np.inf


def shortest_times(sessions: Mapping[Precision, SessionLike], feeds: Tensors) -> dict[Precision, float]:
    """The shortest time of each session in seconds, run in turns: other programs only make it longer."""
    times: dict[Precision, list[float]] = {name: [] for name in sessions}
    began = time.monotonic()
    for turn in range(RUNS):
        if turn >= 2 and time.monotonic() - began > LONGEST:
            break
        for name, session in sessions.items():
            start = time.perf_counter()
            session.run(feeds)
            times[name].append(time.perf_counter() - start)
    return {name: min(each) for name, each in times.items()}
