"""The controls of this program for one network, and how the command line sets them before the show."""

from collections.abc import Iterator, Sequence

from models.errors import SettingError
from models.spec import ModelInfo
from realtime.controls.controls import Controls
from realtime.controls.read_preset import SHIPPED, read_preset
from realtime.controls.settings import RecordSettings, ShowSettings, WindowSettings
from realtime.controls.value import KeyBinding, RuntimeChoices, Scalar
from realtime.inference.engine import EngineSettings
from realtime.inference.predictor import PredictSettings
from realtime.show.layer_of_view import LayerOfView
from realtime.show.options import RenderOptions
from realtime.views.view import View

DIGITS = range(1, 6)
FIRST_VIEW = "features"
CHOOSE = ("show/view", "show/layer")
BESIDE = (
    *(each.group for each in (ShowSettings, PredictSettings, WindowSettings, RecordSettings, EngineSettings)),
    FIRST_VIEW,
)
"""Groups of values that choose no other view than the first one, but for those in CHOOSE."""


def make_controls(info: ModelInfo, views: Sequence[View]) -> Controls:
    """All values: those of the show, of the views and of the window; and the actions and rules of the views."""
    groups = dict.fromkeys(group for view in views for group in view.settings)
    controls = Controls(
        (ShowSettings, *groups, PredictSettings, WindowSettings, RecordSettings, EngineSettings),
        {
            "show/view": RuntimeChoices(tuple(view.name for view in views), tuple(view.bind for view in views)),
            "show/layer": RuntimeChoices(
                tuple(layer.name for layer in info.layers),
                tuple(_digits(info)),
                tuple(layer.name for layer in info.key_layers),
            ),
        },
    )
    controls.rule("show/view", LayerOfView(info, {view.name: view for view in views}))
    for view in views:
        view.register(controls, info)
    return controls


def _digits(info: ModelInfo) -> Iterator[KeyBinding]:
    """A key for the first layer of each of the first blocks; beyond the last block it only says that there is none."""
    blocks = max(layer.block for layer in info.key_layers)
    for block in DIGITS:
        key, help = (str(block),), "first layer of block 1 to 5"
        first = next((layer.name for layer in info.key_layers if layer.block == block), None)
        if first is not None:
            yield KeyBinding(key, "set", help, first)
        else:
            yield KeyBinding(key, "step", help, 0, f"{info.name} has {blocks} blocks and no block {block}; layer")


FIRST = ("dream/preset", "show/view")  # values that set others


def configure(controls: Controls, options: RenderOptions, info: ModelInfo) -> None:
    """Apply --preset, --set, --view and --layer, in this order; SettingError or ModelError for what does not exist.

    A preset of dreams and the view come before other values, which they would replace.
    """
    values = [*_preset(options.preset), *map(_assignment, options.set)]
    if options.view is not None:
        _check_view(controls, options.view)
        values.append(("show/view", options.view))
    for path, value in sorted(values, key=lambda each: FIRST.index(each[0]) if each[0] in FIRST else len(FIRST)):
        controls.set(path, value)
    if options.layer is not None:
        controls.set("show/layer", info.layer(options.layer).name)
    controls.mark_start()


def begin_show(controls: Controls, fps: float | None = None) -> None:
    """Begin with the features as colour, unless a value that chooses a picture was set: not one of how it is shown.

    `fps` is the rate of the show, if one was chosen.
    """
    if fps is not None:
        controls.set("show/fps", fps)
        controls.mark_start()
    _, chosen = controls.state()
    if not any(path in CHOOSE or path.partition("/")[0] not in BESIDE for path in chosen):
        controls.set("show/view", FIRST_VIEW, chosen=False)
        controls.mark_start()


def _assignment(text: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not equals:
        raise SettingError(f"--set takes control=value, such as tiles/contrast=2, but got '{text}'")
    return path.strip(), value.strip()


def _check_view(controls: Controls, view: str) -> None:
    choices = controls.table["show/view"].choices
    if view not in choices:
        raise SettingError(f"--view takes {', '.join(choices)}, but got '{view}'")


def _preset(preset: str | None) -> Iterator[tuple[str, Scalar]]:
    """What a preset sets: one of the dreams that come with the program, or a TOML file."""
    if preset in SHIPPED:
        yield "dream/preset", preset
    elif preset is not None:
        yield from read_preset(preset)
