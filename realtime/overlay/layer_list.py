"""The list of all layers by name, on the screen: a cursor, and the letters that narrow it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from models.spec import Hw, LayerInfo
from realtime.imaging.frame import Image
from realtime.overlay.dialog import Choice, Dialog
from realtime.overlay.layer_sheet import arrange_layers, draw_layers

PATH = "show/layer"
KEYS = ("L", "Tab")  # open and close it; after other letters L is one of them
STEPS = {"Up": -1, "PgUp": -1, "Down": 1, "PgDn": 1}
BLOCKS = {"Left": -1, "Right": 1}
FORGOTTEN = 60.0  # seconds after which it closes: a wall without a person shows pictures


@dataclass(frozen=True, slots=True)
class LayerList(Dialog):
    """The layers whose names contain what was typed; the cursor is on that of the number `place`."""

    fills: ClassVar[bool] = True
    repeated: ClassVar[tuple[str, ...]] = (*STEPS, *BLOCKS, "Backspace")

    network: str
    layers: tuple[LayerInfo, ...]
    present: str
    place: int
    typed: str = ""

    @classmethod
    def of(cls, network: str, layers: tuple[LayerInfo, ...], present: str) -> LayerList:
        """The whole list, with the cursor on the present layer."""
        return cls(network, layers, present, [layer.name for layer in layers].index(present))

    @property
    def found(self) -> tuple[LayerInfo, ...]:
        """The layers that are listed."""
        return tuple(layer for layer in self.layers if self.typed.lower() in layer.name.lower())

    def takes(self, key: str) -> bool:
        """What moves the cursor, what ends the list, and everything that names of layers are made of."""
        return key in (*STEPS, *BLOCKS, *KEYS, "Enter", "Esc", "Backspace") or _is_letter(key)

    def press(self, key: str) -> Dialog | Choice | None:
        """Move, narrow, choose or leave; up and down stop at the ends, left and right go from block to block."""
        if key in STEPS:
            return self._at(self.place + STEPS[key])
        if key in BLOCKS:
            return self._at(self._other_block(BLOCKS[key]))
        if key == "Backspace":
            return self._narrowed(self.typed[:-1])
        if key == "Enter":
            return self._chosen(self.place) if self.found else self
        closes = key in ("Esc", "Tab") or (key in KEYS and not self.typed)
        return None if closes else self._narrowed(self.typed + key)

    def turn(self, notches: int) -> Dialog | None:
        """The wheel moves the cursor."""
        return self._at(self.place + notches)

    def click(self, x: float, y: float, window_hw: Hw) -> Dialog | Choice | None:
        """Choose the layer that is clicked; beside the names a click closes the list."""
        for place, box in arrange_layers(self.found, self.place, window_hw).rows:
            if box.left <= x < box.left + box.width and box.top <= y < box.top + box.height:
                return self._chosen(place)
        return None

    def wait(self, seconds: float) -> Dialog | None:
        """Close when nobody uses it."""
        return None if seconds >= FORGOTTEN else self

    def draw(self, image: Image) -> None:
        """Draw it over the whole window."""
        title = f"layers: {self.typed}_" if self.typed else f"layers of {self.network}"
        none = "" if self.found else f"no layer of {self.network} has '{self.typed}' in its name"
        draw_layers(image, self.found, self.place, present=self.present, title=title, sentence=none)

    def _at(self, place: int) -> LayerList:
        return replace(self, place=min(max(place, 0), max(len(self.found) - 1, 0)))

    def _other_block(self, step: int) -> int:
        """The first layer of the next block, or of this one, and from there of the one before."""
        found = self.found
        starts = [place for place, layer in enumerate(found) if place == 0 or layer.block != found[place - 1].block]
        beyond = [start for start in starts if (start - self.place) * step > 0]
        return (beyond[0] if step > 0 else beyond[-1]) if beyond else self.place

    def _narrowed(self, typed: str) -> LayerList:
        """The list of what was typed; the cursor stays on its layer where that is still listed."""
        new, here = replace(self, typed=typed), self.found[self.place] if self.found else None
        return replace(new, place=new.found.index(here) if here in new.found else 0)

    def _chosen(self, place: int) -> Choice:
        return Choice(PATH, self.found[place].name)


def _is_letter(key: str) -> bool:
    return len(key) == 1 and (key.isalnum() or key in "_/.-:")
