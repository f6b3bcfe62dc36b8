"""Holds the rate of a show: asks the governor, within what may be given up, and says what it has decided."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from models.spec import ModelInfo
from realtime.controls.controls import Controls
from realtime.controls.settings import ShowSettings
from realtime.pace.governor import Decision, Governor
from realtime.pace.level import EFFORTS, FULL, SIZES, Allowed, Level, cost, ladder, rungs, words

log = logging.getLogger(__name__)

DREAM = "dream"  # the view whose work is in the background, in int8 where that helps, and not of the size of the input
STORY = "story"  # the view that shows the maps of all layers
LEAST_MAP = 8  # places along the short side of a map: what is seen in a smaller one jumps, until it flashes
DREAM_WORK = ("dream/steps", "dream/octaves")
PREPARING = 6.0  # seconds, at most, that a new view or layer may take until its graphs and those of its keys are made
NOTICE_FOR = 8.0  # seconds that the status line tells of a change
KEPT = 100  # changes that the report tells


@dataclass(frozen=True, slots=True)
class Change:
    """A change of level: seconds since the show began, the rate in fps, the load that led to it, what is given up."""

    seconds: float
    rate: float
    load: float
    level: str


class RateKeeper:
    """The level of a show now. The thread that draws views reports results; any thread may ask for the rest.

    `source_rate` gives the fps of the source, `int8` the time of int8 relative to fp32, `busy` whether graphs are being
    prepared, which takes the processor for a moment, and `short_side` the pixels of the input at a level. An input
    whose size a person has chosen keeps it.
    """

    def __init__(  # noqa: PLR0913, what the rest of the show tells
        self,
        controls: Controls,
        info: ModelInfo,
        *,
        source_rate: Callable[[], float],
        int8: Callable[[], float],
        busy: Callable[[], bool],
        short_side: Callable[[Level], int],
        keeps_size: bool,
        now: float,
    ) -> None:
        self.level = FULL
        self.changes: deque[Change] = deque(maxlen=KEPT)
        self._controls, self._info = controls, info
        self._source_rate, self._int8, self._busy, self._short_side = source_rate, int8, busy, short_side
        self._keeps_size = keeps_size or info.input.fixed_hw is not None
        self._governor = Governor()
        self._began = now
        self._known: dict[object, Level] = {}
        self._subject: object = None
        self._since = now
        self._levels: tuple[Level, ...] = (FULL,)

    @property
    def rate(self) -> float:
        """The rate that is held, in fps: that which was chosen, or that of the source if it gives less."""
        return min(self._controls.snapshot()[ShowSettings].fps, self._source_rate())

    @property
    def source_period(self) -> float:
        """Seconds from a frame of the source to the next."""
        return 1 / self._source_rate()

    @property
    def words(self) -> str:
        """What is given up now; empty for nothing."""
        return words(self.level, self._short_side(self.level))

    def notice(self, now: float, *, always: bool = False) -> str:
        """What is given up, for some seconds after it has changed, or `always`."""
        changed = bool(self.changes) and now - self._began - self.changes[-1].seconds < NOTICE_FOR
        if not changed and not (always and self.words):
            return ""
        return f"holding {self.rate:.0f} fps: {self.words or 'nothing is given up'}"

    def canvas(self, now: float) -> None:
        """Count a canvas."""
        self._governor.canvas(now)

    def result(self, now: float, seconds: float) -> None:
        """Take account of a result of the network that took `seconds`."""
        rate, allowed = self.rate, self._allowed()
        self._follow(ladder(self._nominal(rate), allowed), allowed, now)
        if self._busy() and now - self._since < PREPARING:
            return
        decision = self._governor.result(now, seconds * rate / self.level.every, rungs(self._levels, allowed), rate)
        if decision is not None:
            self._change(decision, rate, now)

    def give_up_all(self, now: float) -> None:
        """Go to the last level: there was no memory for more."""
        last = len(self._levels) - 1
        if self._governor.level != last:
            self._governor.start(last, now)
            self._change(Decision(last, 0.0), self.rate, now)

    def report(self) -> dict[str, Any]:
        """For the report of the show."""
        return {"fps": round(self.rate, 2), "level": self.words, "changes": [asdict(each) for each in self.changes]}

    def _nominal(self, rate: float) -> float:
        """The rate without the jitter of a measured source, so that the levels stay the same."""
        return round(rate / 5) * 5.0

    def _allowed(self) -> Allowed:
        """What may be given up in the present view: nothing that a person has chosen."""
        view = self._controls.value("show/view")
        free = not any(self._controls.is_chosen(path) for path in DREAM_WORK)
        efforts = EFFORTS if view == DREAM and free else ()
        sizes = () if self._keeps_size or view == DREAM else tuple(self._sizes())
        return Allowed(sizes, 1.0 if view == DREAM else self._int8(), efforts)

    def _sizes(self) -> list[float]:
        """The shares of the input that make it smaller, within what the network accepts and the maps need."""
        every_layer = self._controls.value("show/view") == STORY
        layers = self._info.key_layers if every_layer else (self._info.layer(str(self._controls.value("show/layer"))),)
        least = LEAST_MAP * max(layer.stride for layer in layers)
        sides = {self._short_side(Level(size)): size for size in reversed(SIZES)}
        full = self._short_side(FULL)
        return sorted((size for side, size in sides.items() if least <= side < full), reverse=True)

    def _follow(self, levels: tuple[Level, ...], allowed: Allowed, now: float) -> None:
        """Begin with what is known of another view or layer; keep the level where only its ladder is another."""
        subject = tuple(self._controls.value(path) for path in ("show/view", "show/layer", "show/layout", "show/fps"))
        if levels == self._levels and subject == self._subject:
            return
        level = self._known.get(subject, FULL) if subject != self._subject else self.level
        number = next((place for place, each in enumerate(levels) if cost(each, allowed) <= cost(level, allowed)), -1)
        self._since = now if subject != self._subject else self._since
        self._levels, self._subject = levels, subject
        self._governor.start(number % len(levels), now)
        self.level = levels[self._governor.level]

    def _change(self, decision: Decision, rate: float, now: float) -> None:
        self.level = self._known[self._subject] = self._levels[decision.level]
        self.changes.append(
            Change(round(now - self._began, 2), round(rate, 1), round(decision.load, 2), self.words or "nothing")
        )
        log.info("holding %.0f fps at a load of %.2f: %s", rate, decision.load, self.words or "nothing is given up")
