"""Key pictures: they grow or dissolve over one another, and leave when the picture has become another one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2

from realtime.imaging.frame import Floats, Image
from realtime.motion.motion import Motion

LEVEL = 1 / 64  # a share that changes an image by less than can be seen
LEAVE = 1.5  # seconds in which a dream of another picture fades away: the next one is there by then
EASE = 0.3  # seconds in which a growing key picture follows a step of the ascent
GROWTH = 0.5  # seconds, at most, in which the first key picture appears while it grows


class Shown(NamedTuple):
    """Detail to add to a frame, as an image, and its strength there, in grey levels."""

    image: Image
    strength: float


class KeyImage(NamedTuple):
    """The detail of an ascent, and the same in the colours to show, as an image: as it moves, and as it stands still.

    Detail for inks is grey. `strength` is the root mean square of what is shown, in grey levels.
    """

    detail: Floats
    image: Image
    crisp: Image
    strength: float


@dataclass(slots=True)
class Key:
    """A key picture, the motion since its frame at `frame_time`, and when it was first shown."""

    picture: KeyImage
    motion: Motion
    frame_time: float
    shown_at: float
    grows: bool = False
    left_at: float = math.inf
    before: Image | None = None
    changed_at: float = -math.inf

    def grow(self, picture: KeyImage, now: float, sharpness: float) -> None:
        """Go over to another picture, not at once: every step of the ascent would be seen as a jump."""
        size = picture.image.shape[1::-1]
        before = cv2.resize(self.shown(now, sharpness), size, interpolation=cv2.INTER_CUBIC)
        self.before = in_grey(before) if picture.image.ndim == 2 else in_colours(before)  # type: ignore[arg-type]
        self.picture, self.changed_at = picture, now

    def shown(self, now: float, sharpness: float) -> Image:
        """The image, or one on the way to it, with a `sharpness` of 0 to 1."""
        image = mixed(self.picture.image, self.picture.crisp, sharpness)
        share = (now - self.changed_at) / EASE
        return image if self.before is None else mixed(self.before, image, share)

    def weight(self, now: float, dissolve: float) -> float:
        """How much of what lies below it the key replaces, from 0 to 1."""
        duration = min(dissolve, GROWTH) if self.grows else dissolve
        return _eased((now - self.shown_at) / duration if duration > 0 else 1.0)

    def presence(self, now: float) -> float:
        """How much of the key is left, from 1 to 0."""
        return 1 - _eased((now - self.left_at) / LEAVE)


def in_grey(image: Image) -> Image:
    """The first channel of detail whose channels are alike, or will be."""
    return image if image.ndim == 2 else cv2.extractChannel(image, 0)  # type: ignore[return-value]


def in_colours(image: Image) -> Image:
    """Detail with three channels."""
    return image if image.ndim == 3 else cv2.merge([image] * 3)  # type: ignore[return-value]


def mixed(one: Image, other: Image, share: float) -> Image:
    """One image with a `share` of the other, or one of them as it is, from the last grey level on."""
    if share < LEVEL:
        return one
    if share > 1 - LEVEL:
        return other
    return cv2.addWeighted(one, 1 - share, other, share, 0)  # type: ignore[return-value]


class Layer(NamedTuple):
    """What a key picture adds, how much of what lies below it it replaces, and how much of it is left, each 0 to 1."""

    shown: Shown
    weight: float
    presence: float


def blended(layers: Sequence[Layer]) -> tuple[Shown, float]:
    """Layers of the same size, each over those before it, and how much of a dream there is, from 0 to 1."""
    image, strength = layers[0].shown
    presence = layers[0].weight * layers[0].presence
    for layer in layers[1:]:
        before, after = presence * (1 - layer.weight), layer.weight * layer.presence
        presence = before + after
        share = after / presence if presence > 0 else 1.0
        image = mixed(image, layer.shown.image, share)
        strength += share * (layer.shown.strength - strength)
    return Shown(image, strength), presence


def _eased(share: float) -> float:
    """A smooth way from 0 to 1."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)
