"""Views that fail when they are told to."""

from collections.abc import Sequence

from realtime.faults.fault import Faults
from realtime.views.view import Rendered, Scene, View


def let_views_fail(views: Sequence[View], faults: Faults) -> None:
    """Let the views raise an error while that is ordered."""
    if faults.of("view"):
        for view in views:
            _let_fail(view, faults)


def _let_fail(view: View, faults: Faults) -> None:
    render = view.render

    def render_or_fail(scene: Scene) -> Rendered:
        if faults.now("view") == "error":
            raise ValueError("caused by --fault")
        return render(scene)

    view.render = render_or_fail  # type: ignore[method-assign]
