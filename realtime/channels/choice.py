"""Which channels of a layer are shown: active ones that differ from each other, each in a fixed place."""

from collections import deque
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from realtime.imaging.frame import Floats

Channels: TypeAlias = NDArray[np.int64]

CANDIDATES = 96  # the most active channels, from which those that differ are chosen
PEAKS = 16  # the channels from which the one with the clearest peak is chosen
INNER = 5  # pixels; in maps at least so large the border does not count, where channels respond to the padding


def activity(maps: Floats) -> Floats:
    """How much each channel of the small maps (C, h, w) responds: the standard deviation over its map, (C,).

    A channel that is active everywhere to the same extent shows nothing.
    """
    return np.asarray(_flat(maps).std(axis=1, dtype=np.float64), np.float32)


def choose_different(maps: Floats, count: int) -> Channels:
    """The most active channel of the small maps (C, h, w); then, `count` in all, those that add most.

    A channel adds its activity, less the share in which it resembles a channel chosen before: their correlation.
    """
    return _choose(activity(maps), _standardized(_flat(maps)), count)


class ChannelChoice:
    """The channels of a layer that are shown now; or all in order, those without activation last.

    Twice a second the tile that adds least gets another channel, if that one adds clearly more. The channel that is
    `kept` is always shown.
    """

    MARGIN, SMOOTHING = 2.0, 0.03
    REST = 15  # frames between two changes
    MEMORY = 8  # maps of that many moments are compared

    def __init__(self, total: int) -> None:
        self.kept: int | None = None
        self._activity = np.zeros(total, np.float32)
        self._clarity = np.zeros(total, np.float32)
        self._recent: deque[Floats] = deque(maxlen=self.MEMORY)
        self._places: dict[int, Channels] = {}
        self._shown = 0
        self._rest = 0

    @property
    def measured(self) -> bool:
        """Whether there are maps to choose from."""
        return bool(self._recent)

    def channels(self, count: int) -> Channels:
        """The `count` channels shown now, in order of place; the one to keep takes the place of the least active.

        One alone is that with the clearest peak.
        """
        self._shown = count
        if count not in self._places:
            self._places[count] = self._first(count)
        shown = self._places[count]
        if self.kept is not None and self.kept not in shown:
            shown[int(self._activity[shown].argmin())] = self.kept
        return shown.copy()

    def update(self, maps: Floats) -> None:
        """Add the small maps (C, h, w) of every channel."""
        flat = _flat(maps)
        active, clear = flat.std(axis=1, dtype=np.float64).astype(np.float32), _clarity(flat)
        if not self._recent or self._recent[-1].shape != flat.shape:
            self._activity, self._clarity = active, clear
            self._recent.clear()
            self._recent.append(flat)
            self._places, self._rest = {}, self.REST
            return
        self._activity = self._activity + self.SMOOTHING * (active - self._activity)
        self._clarity = self._clarity + self.SMOOTHING * (clear - self._clarity)
        self._rest -= 1
        if self._rest <= 0:
            self._rest = self.REST
            self._recent.append(flat)
            self._improve()

    def _first(self, count: int) -> Channels:
        if count >= len(self._activity) or not self.measured:
            return np.argsort(self._activity == 0, kind="stable")[:count].astype(np.int64)
        if count == 1:
            among = np.argsort(-self._activity, kind="stable")[:PEAKS]
            return among[[int(self._clarity[among].argmax())]].astype(np.int64)
        return _choose(self._activity, self._looks(), count)

    def _improve(self) -> None:
        """Give the tile that adds least the channel that would add most."""
        shown = self._places.get(self._shown, np.arange(0))
        if not 0 < len(shown) < len(self._activity):
            return
        if len(shown) == 1:
            clearest = self._first(1)
            if shown[0] != self.kept and self._clarity[clearest[0]] > self.MARGIN * self._clarity[shown[0]]:
                self._places[1] = clearest
            return
        among = np.union1d(shown, np.argsort(-self._activity, kind="stable")[:CANDIDATES])
        alike, places = _likeness(self._looks()[among]), np.searchsorted(among, shown)
        adds = self._activity[shown] * (1 - alike[np.ix_(places, places)].max(axis=1))
        adds[shown == self.kept] = np.inf
        least = int(adds.argmin())
        others = np.delete(places, least)
        would_add = self._activity[among] * (1 - alike[:, others].max(axis=1))
        would_add[places] = 0.0
        best = int(would_add.argmax())
        if would_add[best] > self.MARGIN * adds[least]:
            shown[least] = among[best]

    def _looks(self) -> Floats:
        """The maps of the last moments, side by side, standardized."""
        return _standardized(np.concatenate(self._recent, axis=1))


def _choose(active: Floats, looks: Floats, count: int) -> Channels:
    """`count` of the most active channels, one after the other; each is the one that adds most to those before it."""
    among = np.argsort(-active, kind="stable")[: max(CANDIDATES, count)]
    alike, chosen = _likeness(looks[among]), [0]
    most: Any = alike[0].copy()
    for _ in range(1, min(count, len(among))):
        adds = active[among] * (1 - most)
        adds[chosen] = -1.0
        chosen.append(int(adds.argmax()))
        most = np.maximum(most, alike[chosen[-1]])
    return among[chosen].astype(np.int64)


def _flat(maps: Floats) -> Floats:
    """Small maps as rows (C, pixels), without their border where they are large enough; NaN and infinity are 0."""
    inner = maps[:, 1:-1, 1:-1] if min(maps.shape[1:]) >= INNER else maps
    return np.nan_to_num(inner, posinf=0.0, neginf=0.0).reshape(len(maps), -1)


def _clarity(flat: Floats) -> Floats:
    """How far the peak of each row rises above the mean, in standard deviations."""
    return np.asarray(
        (flat.max(axis=1) - flat.mean(axis=1)) / np.maximum(flat.std(axis=1, dtype=np.float64), 1e-9), np.float32
    )


def _standardized(rows: Floats) -> Floats:
    """Rows of mean 0 and length 1, so that their products are correlations."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9), np.float32)


def _likeness(looks: Floats) -> Floats:
    """The correlation of each pair, (n, n), 0 where it is negative and for a channel with itself."""
    alike = np.clip(looks @ looks.T, 0.0, 1.0)
    np.fill_diagonal(alike, 0.0)
    return np.asarray(alike, np.float32)
