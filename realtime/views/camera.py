"""The camera alone: the input of the network."""

from realtime.controls.value import KeyBinding
from realtime.imaging.compositing import fit
from realtime.views.view import Rendered, Scene, View


class CameraView(View):
    """The frame, as large as the panel allows."""

    name = "camera"
    bind = KeyBinding(("c",), "set", "camera: the input of the network", "camera")
    hides_camera = True

    def render(self, scene: Scene) -> Rendered:
        """The frame, letterboxed."""
        return Rendered(fit(scene.frame.image, scene.panel_hw))


VIEW = CameraView
