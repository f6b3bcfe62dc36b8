"""The rule that selects the layer that a view begins with."""

from collections.abc import Mapping

from models.spec import ModelInfo
from realtime.controls.controls import Controls
from realtime.controls.value import Scalar
from realtime.views.view import View

LAYER = "show/layer"


class LayerOfView:
    """Runs when another view is shown.

    A view begins with its default layer while nobody has chosen one. A view with a layer of its own always does, until
    one is chosen in it; the other views go back to the layer that they had.
    """

    def __init__(self, info: ModelInfo, views: Mapping[str, View]) -> None:
        self._info, self._views = info, views
        self._shared: tuple[Scalar, bool] | None = None
        self._own: dict[str, Scalar] = {}

    def __call__(self, controls: Controls, before: Scalar) -> None:
        """Select the layer of the view that is shown now, after the view `before`."""
        old, new = self._views[str(before)], self._views[str(controls.value("show/view"))]
        if old.own_layer:
            self._leave(controls, old)
        if new.own_layer:
            self._enter(controls, new)
        elif not controls.is_chosen(LAYER):
            self._begin(controls, old, new)

    def _enter(self, controls: Controls, view: View) -> None:
        self._shared = controls.value(LAYER), controls.is_chosen(LAYER)
        layer = view.default_layer(controls, self._info)
        if layer is None:
            controls.set(LAYER, controls.value(LAYER), chosen=False)
        else:
            controls.set(LAYER, self._own.get(view.name, layer), chosen=view.name in self._own)

    def _leave(self, controls: Controls, view: View) -> None:
        if controls.is_chosen(LAYER):
            self._own[view.name] = controls.value(LAYER)
            return
        self._own.pop(view.name, None)
        if self._shared is not None:
            layer, chosen = self._shared
            controls.set(LAYER, layer, chosen=chosen)

    def _begin(self, controls: Controls, old: View, new: View) -> None:
        layer = new.default_layer(controls, self._info)
        if layer is not None:
            controls.set(LAYER, layer, chosen=False)
        elif old.default_layer(controls, self._info) is not None and not old.own_layer:
            controls.reset(LAYER)
