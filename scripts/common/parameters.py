"""Parameters that several commands have.

Annotations are not postponed here: Cyclopts looks up those of a base class in the module of its subclass.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from models.errors import SettingError
from models.spec import LayerInfo, ModelInfo
from realtime.show.options import SIZE, InputSize, between

OutputPath = Annotated[Path, Parameter(alias="-o")]
Force = Annotated[bool, Parameter(help="replace an existing file")]
Like = Annotated[
    Path | None,
    Parameter(help="reuse the settings saved in this file, made by the same command; other options replace them"),
]
Seed = Annotated[int | None, between(0, 2**63 - 1)]
SheetWidth = Annotated[int, between(640, 7680)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StillOptions:
    """The input size of a still picture, and the layers to draw."""

    size: InputSize | None = None
    """the shorter side of the network's input, in pixels (default: 224)"""
    layers: str | None = None
    """the layers to draw, such as block1_conv1,block3_conv2 (see: ventral layers)"""

    @property
    def short_side(self) -> int:
        """The shorter side of the network's input, in pixels."""
        return SIZE if self.size is None else self.size

    def chosen_layers(self, info: ModelInfo) -> tuple[LayerInfo, ...]:
        """The layers named, in the order of the network, or none; ModelError for an unknown one."""
        names = {info.layer(name.strip()).name for name in (self.layers or "").split(",") if name.strip()}
        return tuple(layer for layer in info.layers if layer.name in names)


def parse_channels(option: str, text: str | None) -> tuple[int, ...]:
    """Turn "3,17" into channel numbers; none for no text, SettingError for anything else."""
    try:
        return tuple(int(each) for each in text.split(",")) if text else ()
    except ValueError:
        raise SettingError(f"{option} takes numbers such as 3,17, but got '{text}'") from None
