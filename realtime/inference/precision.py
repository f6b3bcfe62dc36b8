"""The number format of a show: another than fp32 where it is asked for, or helps and is exact enough."""

import logging
import time
from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from models.build.graph_spec import GraphSpec
from models.build.heads.activations import ActivationsHead
from models.build.precision import Precision, PrecisionChoice
from models.spec import Hw, Network
from realtime.imaging.frame import Image, hw
from realtime.inference.engine import Engine, SessionLike
from realtime.inference.int8_session import Int8Session
from realtime.inference.network_input import network_input
from realtime.inference.open_session import open_session
from realtime.threads.background_result import BackgroundResult

log = logging.getLogger(__name__)

GAIN = 0.9  # another format helps when it takes less than this part of the time of fp32
EXACT = 30.0  # dB, of the worst tenth of the channels: below it, a format is too coarse, or wrong on this processor
RUNS = 7  # of each, in turns
LONGEST = 0.6  # seconds of measuring, after two runs


class ShowPrecision:
    """The precision of the graphs that draw the view.

    `auto` measures the other number format of the provider: int8, bf16 or fp16. It computes in 16 bits wherever that is
    faster, and in int8, which is coarser, while the show cannot hold its rate otherwise. `ratio` is the time of that
    format relative to fp32, and 1 where it does not help or is not exact; `measuring` is true until it is known. Only
    live shows measure; everything else computes in fp32, unless another format is asked for.
    """

    def __init__(self, choice: PrecisionChoice, network: Network, engine: Engine) -> None:
        self._network, self._engine = network, engine
        self._candidate = next((each for each in engine.provider.kind.precisions if each != "fp32"), None)
        self.measuring = choice == "auto" and engine.has_background and self._candidate is not None
        self.ratio = 1.0
        self._chosen: Precision | None = None if choice == "auto" else choice
        if self._chosen is not None and not self._works(self._chosen):
            log.warning("%s is not for the provider %s, which computes in fp32", choice, engine.provider.name)
        self._request = BackgroundResult[float]()

    def at(self, *, int8: bool) -> Precision:
        """The precision now; `int8` where the show would rather have that than a lower rate."""
        precision = self._chosen
        if precision is None and self.ratio < 1 and (int8 or self._candidate != "int8"):
            precision = self._candidate
        return precision if precision is not None and self._works(precision) else "fp32"

    def update(self, layer: str, image: Image, size_hw: Hw) -> None:
        """Measure in the background; `image` is the newest frame, `size_hw` the size of the input, `layer` is shown."""
        candidate = self._candidate
        if not self.measuring or candidate is None or not self._works(candidate):
            return
        if self._request.idle:
            job = partial(self._ratio, candidate, layer, network_input(image, size_hw))
            self._request.send(self._engine.start(job))
        try:
            ratio = self._request.take()
        except Exception:
            log.warning("%s was not tried", candidate, exc_info=True)
            ratio = 1.0
        if ratio is not None:
            self.measuring, self.ratio = False, ratio

    def _works(self, precision: Precision) -> bool:
        return precision in self._engine.provider.kind.precisions

    def _ratio(self, candidate: Precision, layer: str, image: Image) -> float:
        """The time of the candidate relative to fp32; 1 where it is not much faster, or not nearly the same."""
        names: tuple[Precision, ...] = ("fp32", candidate)
        specs = {name: GraphSpec(self._network, ActivationsHead(layer), hw(image), name) for name in names}
        sessions = {name: open_session(spec, self._engine.provider) for name, spec in specs.items()}
        for session in sessions.values():
            if isinstance(session, Int8Session):
                session.settle_for({"image": image})
        outputs = {name: session.run({"image": image})["activations"] for name, session in sessions.items()}
        exactness = worst_tenth(outputs["fp32"], outputs[candidate])
        times = _measure(sessions, image)
        ratio = times[candidate] / times["fp32"]
        log.debug("%s: %s takes %.2f of the time of fp32, exactness %.0f dB", layer, candidate, ratio, exactness)
        return ratio if ratio < GAIN and exactness > EXACT else 1.0


def worst_tenth(exact: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The peak signal-to-noise ratio, in dB, that nine tenths of the active channels (C, h, w) exceed."""
    peaks = np.abs(exact).max(axis=(1, 2))
    errors = np.square(exact - other).mean(axis=(1, 2))
    active = peaks > 0.02 * peaks.max()
    ratios = 10 * np.log10(np.square(peaks[active]) / np.maximum(errors[active], 1e-20))
    return float(np.percentile(ratios, 10)) if active.any() else np.inf


def _measure(sessions: Mapping[Precision, SessionLike], image: Image) -> dict[Precision, float]:
    """The shortest time of each session in seconds, run in turns: other programs only make it longer."""
    times: dict[Precision, list[float]] = {name: [] for name in sessions}
    began = time.monotonic()
    for turn in range(RUNS):
        if turn >= 2 and time.monotonic() - began > LONGEST:
            break
        for name, session in sessions.items():
            start = time.perf_counter()
            session.run({"image": image})
            times[name].append(time.perf_counter() - start)
    return {name: min(each) for name, each in times.items()}
