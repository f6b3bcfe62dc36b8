"""What a view has drawn, before it is on a canvas."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from models.spec import Hw, Prediction
from realtime.canvas.layout import Layout
from realtime.controls.controls import Snapshot
from realtime.controls.settings import ShowSettings
from realtime.imaging.frame import Frame, Image, hw
from realtime.views.view import Rendered, Scene, View


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a view has made of the frame of its scene, and the size of the canvas that it is for.

    Without `rendered`, the frame is shown alone. `settings` are the newest, those of the scene it was drawn with: they
    differ where `waiting` says what is being made. `fault` says what went wrong.
    """

    scene: Scene
    view: View
    layout: Layout
    canvas_hw: Hw
    settings: Snapshot
    rendered: Rendered | None = None
    predictions: tuple[Prediction, ...] = ()
    note: str = ""
    waiting: str | None = None
    fault: str | None = None

    @property
    def frame(self) -> Frame:
        """The frame that it was drawn from."""
        return self.scene.frame

    def beside(self, newer: Frame) -> Frame:
        """A newer frame, to be shown beside what was drawn from an older one; a frozen picture stays."""
        show = self.scene.settings[ShowSettings]
        if show.freeze or hw(newer.image) != self.scene.frame_hw:
            return dataclasses.replace(newer, image=self.frame.image)
        return dataclasses.replace(newer, image=mirrored(newer.image)) if show.mirror else newer


def mirrored(image: Image) -> Image:
    """The image as in a mirror, contiguous in memory."""
    return np.ascontiguousarray(image[:, ::-1])
