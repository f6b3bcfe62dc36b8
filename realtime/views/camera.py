"""The camera alone: the input of the network."""

from realtime.controls.controls import Controls
from realtime.controls.value import KeyBinding
from realtime.features.choose_places import choose_place
from realtime.views.click import Click
from realtime.views.view import Rendered, Scene, View


class CameraView(View):
    """The frame alone."""

    name = "camera"
    bind = KeyBinding(("c",), "set", "camera: the input of the network", "camera")
    hides_camera = True
    is_picture = True
    unused = ("show/layer", "show/layout", "show/caption")

    def render(self, scene: Scene) -> Rendered:
        """The frame as large as the panel allows."""
        return Rendered(scene.fitted_frame())

    def click(self, controls: Controls, click: Click) -> str:
        """Show what the network finds like the place that is clicked."""
        if click.right or click.picture is None:
            return super().click(controls, click)
        return choose_place(controls, click.picture)


VIEW = CameraView
