"""Everything that decides a finished graph."""

from dataclasses import dataclass

from models.build.heads.head import Head
from models.build.precision import Precision
from models.spec import Hw, Network


@dataclass(frozen=True, slots=True)
class GraphSpec:
    """A network, a head, the size of the picture, and the precision."""

    network: Network
    head: Head
    size_hw: Hw
    precision: Precision = "fp32"
