"""Keeps saying what the classifier sees, at a rate of its own, smoothed over time."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.spec import GraphSpec, Network, Precision
from realtime.controls.controls import Bind, Snapshot, control
from realtime.imaging.compositing import network_input
from realtime.imaging.frame import Image
from realtime.inference.engine import Engine, GraphError, Outputs
from realtime.inference.predictions import Prediction, scores_spec, top
from realtime.threads.runner import Errand

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


class Smoothed:
    """Probabilities that follow the newest ones within some time, so that names do not flicker."""

    def __init__(self) -> None:
        self.scores: NDArray[np.float32] | None = None
        self._then = 0.0

    def learn(self, scores: NDArray[np.float32], now: float, *, seconds: float) -> None:
        """Take in what was seen at the time `now`."""
        if self.scores is None or seconds <= 0:
            self.scores = scores
        else:
            weight = 1.0 - math.exp(-max(now - self._then, 0.0) / seconds)
            self.scores = self.scores + np.float32(weight) * (scores - self.scores)
        self._then = now


class Predictor:
    """Looks at the pictures of a show, beside it where the engine works beside it, and knows what is on them.

    `silence` says why nothing is said, when there is a reason to tell.
    """

    def __init__(self, network: Network, engine: Engine, precision: Precision = "fp32") -> None:
        info = network.info
        self.silence = "" if info.classifier else f"{info.name} has no classifier, so it names nothing"
        self._engine = engine
        self._labels = info.classifier.labels if info.classifier else ()
        self._spec = scores_spec(network, precision) if info.classifier else None
        self._smoothed = Smoothed()
        self._look = Errand[Outputs]()
        self._due = -math.inf

    def see(self, image: Image, settings: Snapshot, now: float) -> tuple[Prediction, ...]:
        """What is known at the time `now` in seconds, when `image` is the newest picture.

        What fails is said once and tried again later, and the show goes on.
        """
        predict = settings[PredictSettings]
        if not predict.on or self._spec is None:
            return ()
        try:
            if self._look.idle and now >= self._due and self._engine.ready(self._spec):
                self._start(self._spec, image)
            self._learn(predict, now)
        except (ModelError, GraphError) as error:
            self._fall_silent(f"no predictions: {error}")
        if self.silence or self._smoothed.scores is None:
            return ()
        return top(self._smoothed.scores, self._labels, predict.count)

    def _start(self, spec: GraphSpec, image: Image) -> None:
        feeds = {"image": network_input(image, spec.size_hw)}
        self._look.send(self._engine.start(partial(self._engine.run_surely, spec, feeds)))

    def _learn(self, predict: PredictSettings, now: float) -> None:
        """Take in what was seen, when it has come."""
        seen = self._look.fetch()
        if seen is not None:
            self._smoothed.learn(seen["scores"], now, seconds=predict.smooth)
            self._due = now + max(1.0 / predict.rate - self._look.seconds, REST * self._look.seconds)
            self.silence = ""

    def _fall_silent(self, why: str) -> None:
        if why != self.silence:
            log.error("%s", why)
        self.silence = why
