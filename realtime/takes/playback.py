"""Sets the controls to the values of a take, as its pictures come; with another network too."""

import logging
import math

from models.errors import SettingError, VentralError
from models.spec import ModelInfo
from realtime.controls.controls import Controls
from realtime.controls.value import Scalar
from realtime.dreams.parse_objective import parse_objective
from realtime.saved_settings.show_record import Depth, ShowRecord, Values, depths

log = logging.getLogger(__name__)

MIDDLE: Depth = (8.0, 0.5)  # where the take does not say how deep a layer is
LAYER, OBJECTIVE = "show/layer", "dream/objective"
NOT_PLAYED = ("window", "record", "engine")  # groups of values that change no picture


class Playback:
    """Plays the values of a take on `controls`; those that a person has chosen stay.

    No rule runs: what a rule has changed in the show is in the take. SettingError for a value that is invalid.
    """

    def __init__(self, controls: Controls, info: ModelInfo, start: ShowRecord, *, name: str) -> None:
        _, self._kept = controls.state()
        self._controls, self._info, self._name = controls, info, name
        self._layers = start.layers
        self._last: Values | None = None
        self._said: set[str] = set()

    def show(self, values: Values) -> None:
        """Set all values at once."""
        if values is self._last:
            return
        played = {path: value for path, value in values.items() if self._plays(path)}
        self._controls.restore(({path: self._checked(path, value) for path, value in played.items()}, self._kept))
        self._last = values

    def _plays(self, path: str) -> bool:
        if path not in self._controls.table:
            self._say(f"{self._name} sets {path}, which this version does not have")
            return False
        return path not in self._kept and path.partition("/")[0] not in NOT_PLAYED

    def _checked(self, path: str, value: Scalar) -> Scalar:
        """The value, or the one in its place with another network; SettingError when it is out of range."""
        value = self._translated(path, value)
        described = self._controls.table[path]
        try:
            fits = described.clamp(value) == value
        except SettingError:
            fits = False
        if not fits:
            raise SettingError(f"{self._name}: {path} takes {described.accepts}, but got '{str(value)[:60]}'")
        return value

    def _translated(self, path: str, value: Scalar) -> Scalar:
        if path == LAYER and value not in self._controls.table[LAYER].choices:
            return self._as_deep(str(value))
        if path == OBJECTIVE and value:
            try:
                parse_objective(self._info, str(value))
            except VentralError as error:
                self._say(f"{self._info.name} cannot dream of '{value}', as {self._name} does: {error}")
                return ""
        return value

    def _as_deep(self, name: str) -> str:
        """The key layer that is most like that layer of the network of the take."""
        layer = layer_at(self._info, self._layers.get(name, MIDDLE))
        self._say(f"{self._info.name} has no layer {name}; it shows {layer}, at a similar depth")
        return layer

    def _say(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            log.info("%s", text)


def pictured(values: Values) -> Values:
    """Those of the values that change what is drawn."""
    return {path: value for path, value in values.items() if path.partition("/")[0] not in NOT_PLAYED}


def layer_at(info: ModelInfo, depth: Depth) -> str:
    """The key layer of the nearest stride, which sees about as much of the picture, and among those the nearest one."""
    own, (stride, place) = depths(info), depth

    def distance(name: str) -> tuple[float, float]:
        return abs(math.log2(own[name][0] / stride)), abs(own[name][1] - place)

    return min((layer.name for layer in info.key_layers), key=distance)
