"""The number format of a show: 8-bit integers where they are asked for, or help and are exact enough."""

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

GAIN = 0.9  # int8 helps when it takes less than this part of the time of fp32
EXACT = (
    30.0  # dB, of the worst tenth of the channels: below it, the integers of this processor or network are too coarse
)
RUNS = 7  # of each, in turns
LONGEST = 0.6  # seconds of measuring, after two runs


class ShowPrecision:
    """The precision of the graphs that draw the view.

    `auto` computes in fp32, and in int8 while the show cannot hold its rate otherwise; `ratio` is the time of int8
    relative to fp32, and 1 where it does not help or is not exact. `measuring` is true until that is known. Only live
    shows on the CPU measure; everything else computes in fp32, unless int8 is asked for. A GPU has no int8.
    """

    def __init__(self, choice: PrecisionChoice, network: Network, engine: Engine) -> None:
        self._network, self._engine = network, engine
        self.measuring = choice == "auto" and engine.has_background
        self.ratio = 1.0
        self._always = choice == "int8"
        if self._always and engine.provider.name != "CPU":
            log.warning("int8 runs on the CPU only; a GPU computes in fp32")
        self._request = BackgroundResult[float]()

    def at(self, *, int8: bool) -> Precision:
        """The precision now; `int8` where the show would rather have it."""
        on_cpu = self._engine.provider.name == "CPU"
        return "int8" if on_cpu and (self._always or (int8 and self.ratio < 1)) else "fp32"

    def update(self, layer: str, image: Image, size_hw: Hw) -> None:
        """Measure in the background; `image` is the newest frame, `size_hw` the size of the input, `layer` is shown."""
        if not self.measuring or self._engine.provider.name != "CPU":
            return
        if self._request.idle:
            self._request.send(self._engine.start(partial(self._ratio, layer, network_input(image, size_hw))))
        try:
            ratio = self._request.take()
        except Exception:
            log.warning("int8 was not tried", exc_info=True)
            ratio = 1.0
        if ratio is not None:
            self.measuring, self.ratio = False, ratio

    def _ratio(self, layer: str, image: Image) -> float:
        """The time of int8 relative to fp32; 1 where it is not much faster, or not nearly the same."""
        specs = {name: GraphSpec(self._network, ActivationsHead(layer), hw(image), name) for name in NAMES}
        sessions = {name: open_session(spec, self._engine.provider) for name, spec in specs.items()}
        for session in sessions.values():
            if isinstance(session, Int8Session):
                session.settle_for({"image": image})
        outputs = {name: session.run({"image": image})["activations"] for name, session in sessions.items()}
        exactness = worst_tenth(outputs["fp32"], outputs["int8"])
        times = _measure(sessions, image)
        ratio = times["int8"] / times["fp32"]
        log.debug("%s: int8 takes %.2f of the time of fp32, exactness %.0f dB", layer, ratio, exactness)
        return ratio if ratio < GAIN and exactness > EXACT else 1.0


NAMES: tuple[Precision, ...] = ("fp32", "int8")


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
