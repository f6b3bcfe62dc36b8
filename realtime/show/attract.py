"""The attract mode: while nobody touches the keys, the show goes through a programme of its views by itself."""

from collections.abc import Iterator
from dataclasses import dataclass

from models.spec import LayerInfo, ModelInfo
from realtime.controls.controls import Controls, State
from realtime.controls.value import Scalar

DIVES = 4  # blocks of the network that the programme goes down through
DREAMS = ("fever", "whirl")


@dataclass(frozen=True, slots=True)
class Step:
    """Values that the show takes on, for some seconds."""

    seconds: float
    values: dict[str, Scalar]


class Attract:
    """Begins after `idle` seconds without a key or a click.

    The next one ends it: first comes back what was there before, and to that the key is applied.
    """

    def __init__(self, controls: Controls, info: ModelInfo, idle: float) -> None:
        self._controls = controls
        self._steps = tuple(programme(info, controls))
        self._idle = idle
        self._place = 0
        self._until = 0.0
        self._before: State | None = None

    @property
    def running(self) -> bool:
        """Whether the programme is running."""
        return self._before is not None

    def turn(self, touched: float, now: float) -> None:
        """Go on with the programme at `now`; somebody used keys or mouse at `touched`, both in seconds."""
        if now - touched < self._idle:
            self.end()
        elif self._before is None:
            self._before = self._controls.state()
            self._begin(0, now)
        elif now >= self._until:
            self._begin((self._place + 1) % len(self._steps), now)

    def end(self) -> None:
        """Bring back what was there before the programme, if it is running."""
        if self._before is not None:
            self._controls.restore(self._before)
            self._before = None

    def _begin(self, place: int, now: float) -> None:
        step = self._steps[place]
        self._place, self._until = place, now + step.seconds
        for path, value in step.values.items():
            self._controls.set(path, value, chosen=False)


def programme(info: ModelInfo, controls: Controls) -> Iterator[Step]:
    """Features; then down through the network, into a channel of each block; all layers; regions; dreams."""
    yield Step(24, {"show/view": "features", "features/mode": "colour", "show/layout": "full", "tiles/zoom": False})
    for layer in _depths(info):
        mosaic: dict[str, Scalar] = {"show/view": "mosaic", "show/layout": "side", "show/layer": layer.name}
        yield Step(9, {**mosaic, "tiles/zoom": False})
        yield Step(5, {**mosaic, "tiles/zoom": True})
    yield Step(12, {"show/view": "story", "tiles/zoom": False})
    yield Step(18, {"show/view": "features", "features/mode": "clusters", "show/layout": "full"})
    for name in DREAMS:
        if name in controls.table["dream/preset"].choices:
            yield Step(30, {"dream/preset": name, "show/layout": "full"})


def _depths(info: ModelInfo) -> list[LayerInfo]:
    """Key layers, evenly from the first to the last."""
    layers, count = info.key_layers, min(DIVES, len(info.key_layers))
    return [layers[round(place * (len(layers) - 1) / max(count - 1, 1))] for place in range(count)]
