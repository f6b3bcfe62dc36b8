"""The base class of all heads."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, TypeAlias

from models.build.precision import Precision
from models.graph.builder import UINT8, GraphBuilder
from models.spec import CLASSES, ModelInfo

Shapes: TypeAlias = Mapping[str, tuple[int, ...]]
"""The shapes of the tensors of a network, by name."""


class Head(ABC):
    """Everything about one kind of graph; each subclass is a frozen dataclass in a file of its own.

    The graph reads "image", BGR (H, W, 3), of the ONNX element type `image_type`. The show waits for
    each answer of a head with `waits`; any other head runs in the background, on one thread. Its network may compute in
    any of `precisions`: in int8 only where a picture is made of it, in 16 bits where no number is read off it.
    """

    __slots__ = ()

    image_type: ClassVar[int] = UINT8
    waits: ClassVar[bool] = True
    precisions: ClassVar[tuple[Precision, ...]] = ("fp32",)

    @property
    @abstractmethod
    def reads(self) -> tuple[str, ...]:
        """The names of the layers that the head reads, or CLASSES for the classifier."""

    @property
    def label(self) -> str:
        """What the status line shows while the graph is being made."""
        return " and ".join(self.reads)

    def tensors(self, info: ModelInfo) -> tuple[str, ...]:
        """The tensors of the network that the head reads; ModelError when one does not exist."""
        return tuple(info.scores.logits if name == CLASSES else info.layer(name).name for name in self.reads)

    def nearest(self, precision: Precision) -> Precision:
        """The precision if the head may use it, else fp32."""
        return precision if precision in self.precisions else "fp32"

    @abstractmethod
    def append(self, builder: GraphBuilder, info: ModelInfo, shapes: Shapes) -> None:
        """Add the nodes, inputs and outputs of the head; `shapes` are those of the truncated network."""
