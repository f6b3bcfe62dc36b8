"""Draws the picture with its dream in one of the forms, and then in its inks."""

import cv2

from realtime.dreams.colours import INKS, treat_picture
from realtime.dreams.dream_settings import DreamSettings
from realtime.dreams.dream_state import DreamState
from realtime.dreams.forms.cloth import woven
from realtime.dreams.forms.drips import Drips
from realtime.dreams.forms.nested import TUNNEL, WHIRL
from realtime.imaging.frame import Image
from realtime.motion.fields import grey


class Forms:
    """Keeps the drips of the present picture."""

    def __init__(self) -> None:
        self._drips: Drips | None = None
        self._cuts = 0

    def draw(self, image: Image, state: DreamState, settings: DreamSettings) -> Image:
        """The picture with its dream, which is grey for inks, in the form and the colours of the settings."""
        if settings.strength > 0 and settings.form in ("melt", "tunnel", "whirl"):
            image = self._moved(image, state, settings)
        if settings.colours not in INKS:
            return woven_colours(image) if settings.form == "cloth" else image
        return treat_picture(woven(image) if settings.form == "cloth" else image, settings.colours)

    def _moved(self, image: Image, state: DreamState, settings: DreamSettings) -> Image:
        if settings.form != "melt":
            nest = TUNNEL if settings.form == "tunnel" else WHIRL
            return nest.draw(image, state.now)
        if self._drips is None or self._cuts != state.cuts:
            self._drips, self._cuts = Drips(), state.cuts
        return self._drips.draw(image, state.grey, state.now)


def woven_colours(image: Image) -> Image:
    """Cloth in the colours of the picture."""
    level = grey(image)
    shade = cv2.subtract(woven(level), level, dtype=cv2.CV_16S)
    return cv2.add(image, cv2.merge([shade] * 3), dtype=cv2.CV_8U)  # type: ignore[return-value]
