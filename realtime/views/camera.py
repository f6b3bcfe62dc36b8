"""What goes in: the camera's picture alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from models.spec import GraphSpec
from realtime.controls.controls import Bind, Settings
from realtime.imaging.compositing import fit
from realtime.views.view import Rendered, Scene


class CameraView:
    """The frame, as large as the panel allows."""

    name: ClassVar[str] = "camera"
    bind: ClassVar[Bind] = Bind(("c",), "set", "camera: what goes in", "camera")
    settings: ClassVar[tuple[type[Settings], ...]] = ()
    alone: ClassVar[bool] = True
    worded: ClassVar[bool] = False

    def render(self, scene: Scene) -> Rendered:
        """The frame, letterboxed."""
        return Rendered(fit(scene.frame.image, scene.panel_hw))

    def upcoming(self, scene: Scene) -> Iterable[GraphSpec]:
        """Nothing to make."""
        return ()


VIEW = CameraView
