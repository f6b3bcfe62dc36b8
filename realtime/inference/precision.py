"""The number format of a show: another than fp32 where it is asked for, or helps and is exact enough."""

import logging

from models.build.precision import Precision, PrecisionChoice
from models.spec import Hw, Network
from realtime.imaging.frame import Image
from realtime.inference.engine import Engine
from realtime.inference.format_trial import DreamTrial, FormatTrial, ViewTrial
from realtime.inference.integers_check import integers_work

log = logging.getLogger(__name__)


class ShowPrecision:
    """The precision of the graphs that draw the view.

    `auto` tries the other number format of the provider: int8, bf16 or fp16. It computes in 16 bits wherever that is
    faster, and in int8, which is coarser, while the show cannot hold its rate otherwise. Dreams, whose network works in
    the background, have a trial of their own once they are shown. Only live shows try; everything else computes in
    fp32, unless another format is asked for.
    """

    def __init__(self, choice: PrecisionChoice, network: Network, engine: Engine) -> None:
        self._engine = engine
        self._candidate = next((each for each in engine.provider.kind.precisions if each != "fp32"), None)
        self._trials: dict[bool, FormatTrial] = {}
        if choice == "auto" and engine.has_background and self._candidate is not None:
            kinds = {False: ViewTrial, True: DreamTrial}
            self._trials = {dream: kind(self._candidate, network, engine) for dream, kind in kinds.items()}
        self._chosen: Precision | None = None if choice == "auto" else choice
        if self._chosen is not None and not self._works(self._chosen):
            log.warning("%s is not for the provider %s, which computes in fp32", choice, engine.provider.name)
        elif self._chosen == "int8" and not integers_work():
            log.warning("this version of ONNX Runtime computes int8 wrongly; it computes in fp32: update onnxruntime")
            self._chosen = "fp32"

    def trying(self, *, dream: bool = False) -> bool:
        """Whether the trial of the views, or of dreams, is not over."""
        return bool(self._trials) and self._trials[dream].measuring

    @property
    def ratio(self) -> float:
        """The time that views take in the other format, relative to fp32; 1 where it does not help."""
        return self._trials[False].ratio if self._trials else 1.0

    def at(self, *, int8: bool, dream: bool = False) -> Precision:
        """The precision now; `int8` where the show would rather have that than a lower rate."""
        precision = self._chosen
        if dream in self._trials and self._trials[dream].ratio < 1 and (int8 or dream or self._candidate != "int8"):
            precision = self._candidate
        return precision if precision is not None and self._works(precision) else "fp32"

    def update(self, layer: str, image: Image, size_hw: Hw, *, dream: bool = False) -> None:
        """Go on with a trial; `image` is the newest frame, `size_hw` the size of the input, `layer` is shown."""
        if dream in self._trials and self._candidate is not None and self._works(self._candidate):
            self._trials[dream].update(layer, image, size_hw)

    def _works(self, precision: Precision) -> bool:
        return precision in self._engine.provider.kind.precisions
