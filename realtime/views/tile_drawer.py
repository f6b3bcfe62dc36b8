"""Runs graphs of tiles so that they neither flicker nor jump: each tile is scaled to its range, smoothed over time.

The nodes that draw the tiles are in `models/build/heads/tiles.py`.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.build.heads.tiles import small_maps
from models.spec import LayerInfo
from realtime.channels.choice import ChannelChoice, Channels
from realtime.imaging.frame import Floats, Image
from realtime.inference.engine import Outputs
from realtime.inference.providers import Tensors

RunGraph: TypeAlias = Callable[[Tensors], Outputs]
"""Runs one graph of tiles: from its inputs to its outputs."""


class TileDrawer:
    """Draws channels of one or more layers. A new layer takes more passes: the first one measures its range.

    Where activations are far from zero, the channels that are chosen then have to be measured, too.
    """

    def __init__(self) -> None:
        self._ranges: dict[str, Ranges] = {}
        self._choices: dict[str, ChannelChoice] = {}

    def draw(
        self,
        run: RunGraph,
        image: Image,
        layers: Sequence[LayerInfo],
        *,
        channels: Channels | None = None,
        count: int | None = None,
        normalize: str = "tile",
    ) -> tuple[NDArray[np.uint8], list[Channels]]:
        """The grey panel that the graph draws of an image, and the channels on its tiles, layer by layer.

        They are the `channels` given, else `count` active ones of each layer that differ from each other, else all.
        """
        ranges = [
            self._ranges.setdefault(layer.name, Ranges(layer.channels, signed=layer.kind == "tokens"))
            for layer in layers
        ]
        choices = [self._choices.setdefault(layer.name, ChannelChoice(layer.channels)) for layer in layers]
        measured = all(each.measured for each in ranges) and (count is None or all(each.measured for each in choices))
        for _ in range(1 if measured else 3 if any(layer.kind == "tokens" for layer in layers) else 2):
            shown = [np.arange(layer.channels) if channels is None else channels for layer in layers]
            if count is not None:
                shown = [choice.channels(count) for choice in choices]
            scales = [each.scale(some, normalize=normalize) for each, some in zip(ranges, shown, strict=True)]
            black, gain = np.concatenate(scales, axis=1)
            feeds: dict[str, NDArray[Any]] = {"image": image, "black": black, "gain": gain}
            if channels is not None or count is not None:
                feeds["channels"] = np.concatenate(shown)
            outputs = run(feeds)
            measures = np.split(np.stack([outputs["low"], outputs["peak"]]), len(layers), axis=1)
            for each, some, (low, peak) in zip(ranges, shown, measures, strict=True):
                each.update(some, low, peak)
            if count is not None:
                for choice, layer in zip(choices, layers, strict=True):
                    choice.update(outputs[small_maps(layer.name)])
        return outputs["picture"], shown

    def keep(self, layer: LayerInfo, channel: int | None) -> None:
        """Keep one channel among those shown of its layer, until another one is to be kept."""
        for choice in self._choices.values():
            choice.kept = None
        self._choices.setdefault(layer.name, ChannelChoice(layer.channels)).kept = channel

    def activations(self, grey: NDArray[np.uint8], layer: LayerInfo, channel: int) -> Floats:
        """The activations that a grey tile of a channel shows, normalized by tile."""
        black, gain = self._ranges[layer.name].scale(np.array([channel]), normalize="tile")[:, 0]
        return np.asarray((np.maximum(grey, 1) - np.float32(1)) / (254 * gain) + black, np.float32)


class Ranges:
    """The activation of each channel of a layer that is black, and the factor that scales its peak to full brightness.

    A peak rises within a few frames and falls within some dozens: tiles do not clip for long, and one whose activation
    drops fades to black instead of amplifying its noise. `signed` activations may be far from zero on either side:
    there the lows are black.
    """

    RISE, FALL = 0.35, 0.04
    CUT = 1.6  # the factor by which half of the peaks rise at once where another picture begins: all follow at once
    FLOOR = 0.02  # share of the strongest channel; weaker ones stay dark
    FLOOR_SIGNED = (
        0.1  # share of the median range: of tokens a few channels are a hundred times as strong as the others
    )
    FLAT = 0.5  # share of its peak that is black at most, so that an even tile is bright

    def __init__(self, total: int, *, signed: bool = False) -> None:
        self.measured = False
        self._signed = signed
        self._lows = np.zeros(total, np.float32)
        self._peaks = np.zeros(total, np.float32)

    def scale(self, channels: Channels, *, normalize: str) -> Floats:
        """What is black, and the gain, of each of `channels`: (2, channels)."""
        black = np.zeros(len(channels), np.float32)
        if not self.measured:
            return np.stack([black, black + np.float32(1e-2)])
        if self._signed and normalize == "tile":
            return self._from_lows(channels)
        highest = max(float(self._peaks.max()), 1e-9)
        level = self._peaks[channels] if normalize == "tile" else np.full(len(channels), highest, np.float32)
        if normalize == "tile":
            black = np.clip(self._lows[channels], 0.0, self.FLAT * level)
        level = np.where(level == 0.0, highest, np.maximum(level, highest * self.FLOOR))
        return np.asarray(np.stack([black, 1.0 / (level - black)]), np.float32)

    def _from_lows(self, channels: Channels) -> Floats:
        """From the low of each channel to its peak; one that has not been measured is grey for a moment."""
        spans = self._peaks - self._lows
        known = spans > 0
        usual = float(np.median(spans[known])) if known.any() else 1.0
        wide = np.where(known, np.maximum(spans, self.FLOOR_SIGNED * usual), spans.max(initial=usual))[channels]
        black = np.where(known[channels], self._lows[channels], -wide / 2)
        return np.asarray(np.stack([black, 1.0 / wide]), np.float32)

    def update(self, channels: Channels, lows: Floats, peaks: Floats) -> None:
        """Add the measured ranges of `channels`."""
        self.measured = True
        old = self._peaks[channels]
        new_low, new = (np.nan_to_num(each, posinf=0.0, neginf=0.0) for each in (lows, peaks))
        begins = (old == 0.0) | self._is_cut(old, new)
        rate = np.where(begins, 1.0, np.where(new > old, self.RISE, self.FALL)).astype(np.float32)
        self._peaks[channels] = old + rate * (new - old)
        slow = np.where(begins, 1.0, self.FALL).astype(np.float32)
        self._lows[channels] += slow * (new_low - self._lows[channels])

    def _is_cut(self, old: Floats, new: Floats) -> bool:
        """Whether the peaks of several channels have risen so much that the picture is another one."""
        known = old > 0
        return bool(known.sum() > 2 and np.median(new[known] / old[known]) > self.CUT)
