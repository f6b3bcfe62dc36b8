"""Classifies the frames of a show at a rate of its own; probabilities are smoothed over time."""

import logging
import math
import time
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from models.errors import ModelError
from models.spec import Network, Prediction
from realtime.controls.controls import Snapshot
from realtime.controls.value import KeyBinding, value
from realtime.imaging.frame import Image
from realtime.inference.engine import Engine, GraphError
from realtime.inference.network_input import network_input
from realtime.inference.predictions import SURE, scores_spec, top
from realtime.threads.background_result import BackgroundResult

log = logging.getLogger(__name__)

REST = 3.0
"""The pause after a prediction, as a multiple of its run time: predictions take at most a quarter of one core."""


@dataclass(frozen=True, slots=True)
class PredictSettings:
    """Predictions of the classifier."""

    group: ClassVar[str] = "predict"

    on: bool = value(
        False, "show the predictions", KeyBinding(("p",), "toggle", "predictions on or off", feedback="predictions")
    )
    count: int = value(3, "number of predictions shown", low=1, high=5)
    rate: float = value(4.0, "predictions per second, at most", low=0.2, high=30)
    threshold: float = value(SURE, "predictions are shown if the best has this probability", low=0, high=1)
    smooth: float = value(0.6, "seconds over which probabilities are smoothed", low=0, high=10)


class Smoothed:
    """An exponential average of probabilities, so that the names do not flicker."""

    def __init__(self) -> None:
        self.scores: NDArray[np.float32] | None = None
        self._updated = 0.0

    def update(self, scores: NDArray[np.float32], now: float, *, seconds: float) -> None:
        """Add the probabilities at the time `now`; `seconds` is the time constant."""
        if self.scores is None or seconds <= 0:
            self.scores = scores
        else:
            weight = 1.0 - math.exp(-max(now - self._updated, 0.0) / seconds)
            self.scores = self.scores + np.float32(weight) * (scores - self.scores)
        self._updated = now


class Predictor:
    """Classifies the frames of a show, in the background where the engine has background jobs.

    `note` says why there are no predictions; it is empty while there are.
    """

    def __init__(self, network: Network, engine: Engine) -> None:
        info = network.info
        self.note = "" if info.classifier else f"no predictions: {info.name} has no classifier"
        self._engine = engine
        self._labels = info.classifier.labels if info.classifier else ()
        self._spec = scores_spec(network) if info.classifier else None
        self._smoothed = Smoothed()
        self._request = BackgroundResult[tuple[NDArray[np.float32], float]]()
        self._due = -math.inf

    def update(self, image: Image, settings: Snapshot, now: float) -> tuple[Prediction, ...]:
        """The most likely classes at the time `now` in seconds, none before the first; `image` is the newest frame.

        An error is logged once, and predicting is tried again later.
        """
        predict = settings[PredictSettings]
        if not predict.on or self._spec is None:
            return ()
        try:
            if self._request.idle and now >= self._due and self._engine.ready(self._spec):
                self._request.send(self._engine.start(partial(self._predict, self._spec, image)))
            self._collect(predict, now)
        except (ModelError, GraphError) as error:
            self._fail(f"no predictions: {error}")
        if self.note or self._smoothed.scores is None:
            return ()
        return top(self._smoothed.scores, self._labels, predict.count)

    def _predict(self, spec: GraphSpec, image: Image) -> tuple[NDArray[np.float32], float]:
        """The probabilities of the classes of an image, and the seconds that they took."""
        start = time.monotonic()
        outputs = self._engine.run_checked(spec, {"image": network_input(image, spec.size_hw)})
        return outputs["scores"], time.monotonic() - start

    def _collect(self, predict: PredictSettings, now: float) -> None:
        """Add the newest probabilities, if any."""
        result = self._request.take()
        if result is not None:
            scores, seconds = result
            seconds = seconds if self._engine.has_background else 0.0  # a film does not depend on the clock
            self._smoothed.update(scores, now, seconds=predict.smooth)
            self._due = now + max(1.0 / predict.rate - seconds, REST * seconds)
            self.note = ""

    def _fail(self, note: str) -> None:
        if note != self.note:
            log.error("%s", note)
        self.note = note
