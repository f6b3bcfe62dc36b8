"""Everything that decides a finished graph."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from models.build.heads.head import Head
from models.spec import Hw, Network

Precision: TypeAlias = Literal["fp32", "int8"]
"""The number format in which a graph computes."""

PrecisionChoice: TypeAlias = Literal["auto", "fp32", "int8"]


@dataclass(frozen=True, slots=True)
class GraphSpec:
    """A network, a head, the size of the picture, and the precision."""

    network: Network
    head: Head
    size_hw: Hw
    precision: Precision = "fp32"
