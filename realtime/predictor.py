"""Keeps saying what the classifier sees, at a rate of its own: beside the show, or in step with a film."""

from __future__ import annotations

import logging
import math
import os
import sys
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.spec import Network, Precision
from realtime.compositing import network_input
from realtime.controls import Bind, Snapshot, control
from realtime.engine import Engine, GraphError, NotReady
from realtime.frame import Image
from realtime.latest import Latest
from realtime.predictions import Prediction, scores_spec, top
from realtime.worker import Worker

log = logging.getLogger(__name__)

REST = 3.0
"""How many times as long as it worked the classifier rests: at most a quarter of one core goes to it."""


@dataclass(frozen=True, slots=True)
class PredictSettings:
    """What the network's classifier says of the picture."""

    group: ClassVar[str] = "predict"

    on: bool = control(False, "name what the network sees", Bind(("p",), "toggle", "predictions on and off"))
    count: int = control(3, "how many names", low=1, high=5)
    rate: float = control(4.0, "looks per second, at most", low=0.2, high=30)
    smooth: float = control(0.6, "seconds over which probabilities are smoothed", low=0, high=10)


class Predictor(Protocol):
    """Looks at the pictures of a show and knows what is on them."""

    def see(self, image: Image, settings: Snapshot, now: float) -> tuple[Prediction, ...]:
        """What is known at the time `now`, in seconds, when `image` is the newest picture."""


class Smoothed:
    """Probabilities that follow the newest ones within some time, so that names do not flicker."""

    def __init__(self) -> None:
        self._scores: NDArray[np.float32] | None = None
        self._then = 0.0

    def learn(self, scores: NDArray[np.float32], now: float, *, seconds: float) -> NDArray[np.float32]:
        """Take in what was seen at `now`, and return the smoothed probabilities."""
        if self._scores is None or seconds <= 0:
            self._scores = scores
        else:
            weight = 1.0 - math.exp(-max(now - self._then, 0.0) / seconds)
            self._scores = self._scores + np.float32(weight) * (scores - self._scores)
        self._then = now
        return self._scores


class InStep:
    """For films: looks at every picture that is due, and the film waits for it."""

    def __init__(self, network: Network, engine: Engine, precision: Precision = "fp32") -> None:
        self.network = network
        self._engine = engine
        self._spec = scores_spec(network, precision) if network.info.classifier else None
        self._smoothed = Smoothed()
        self._due = -math.inf
        self._scores: NDArray[np.float32] | None = None

    def see(self, image: Image, settings: Snapshot, now: float) -> tuple[Prediction, ...]:
        """What is known now; engine.NotReady escapes while the graph is being made."""
        predict = settings[PredictSettings]
        if not predict.on or self._spec is None:
            return ()
        if self._scores is None or now >= self._due:
            scores = self._engine.run(self._spec, {"image": network_input(image, self._spec.size_hw)})["scores"]
            self._scores = self._smoothed.learn(scores, now, seconds=predict.smooth)
            self._due = now + 1.0 / predict.rate
        return top(self._scores, self.network.info.scores.labels, predict.count)


class Beside:
    """For the show: looks at the newest picture on a thread of its own, and the show waits for nothing."""

    def __init__(self, network: Network, engine: Engine, precision: Precision = "fp32") -> None:
        self._in_step = InStep(network, engine, precision)
        self._newest: Latest[tuple[Image, Snapshot]] = Latest()
        self._seen = 0
        self._said: tuple[Prediction, ...] = ()
        self._fault = ""
        self._stopping = threading.Event()
        self._worker = Worker("predict", self._look)

    def __enter__(self) -> Beside:
        self._worker.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._worker.stop()

    @property
    def silence(self) -> str:
        """Why nothing is said, when there is a reason to tell."""
        info = self._in_step.network.info
        return self._fault or ("" if info.classifier else f"{info.name} has no classifier, so it names nothing")

    def check(self) -> None:
        """Raise what ended the thread, if anything did."""
        self._worker.check()

    def see(self, image: Image, settings: Snapshot, now: float) -> tuple[Prediction, ...]:
        """What was last said; `image` is looked at when its turn comes."""
        if not settings[PredictSettings].on:
            return ()
        self._newest.put((image, settings))
        return self._said

    def _look(self) -> None:
        _be_modest()
        newest, self._seen = self._newest.get(self._seen, timeout=0.1)
        if newest is None:
            return
        (image, settings), start = newest, time.monotonic()
        try:
            self._said = self._in_step.see(image, settings, start)
        except NotReady:
            self._stopping.wait(0.05)
            return
        except (ModelError, GraphError) as error:
            self._fault = f"no predictions: {error}"
            log.error("%s", self._fault)
            self._stopping.wait()
            return
        took = time.monotonic() - start
        self._stopping.wait(max(1.0 / settings[PredictSettings].rate - took, REST * took))


def _be_modest() -> None:
    """Let every other thread of the show go first, where the system can tell threads apart."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
