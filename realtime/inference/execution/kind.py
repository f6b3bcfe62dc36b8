"""What Ventral knows of an execution provider of ONNX Runtime."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from models.build.precision import Precision


def nothing_missing() -> str | None:
    """The answer of a provider that brings its libraries along."""
    return None


@dataclass(frozen=True, slots=True, eq=False)
class ProviderKind:
    """An execution provider: its names, what it needs, how it is opened, and what it can do."""

    name: str
    """How Ventral calls it on the status line."""
    option: str
    """How `--provider` calls it."""
    registered: str
    """How ONNX Runtime calls it, without "ExecutionProvider"."""
    package: str
    """The distribution of ONNX Runtime that has it, and where."""
    find_fault: Callable[[], str | None] = nothing_missing
    """Why its libraries cannot be used; None when they can."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What ONNX Runtime opens it with."""
    threads_option: str | None = None
    """The option that takes the number of CPU threads, where ONNX Runtime's own does not reach it."""
    precisions: tuple[Precision, ...] = ("fp32",)
    """The number formats that it computes may compute faster than fp32."""
    precision_options: Mapping[Precision, Mapping[str, str]] = field(default_factory=dict)
    """What it is opened with for a number format, where the graph does not say it."""
    device: str | None = None
    """The name of its memory for IO binding; None where that is the memory of the CPU."""
    compiles: bool = False
    """Whether it compiles each graph for its fixed shapes, so that the first run of each takes long."""

    @property
    def full_name(self) -> str:
        """How ONNX Runtime calls it."""
        return f"{self.registered}ExecutionProvider"

    @property
    def abilities(self) -> str:
        """What it can do, in words."""
        extras = [f"memory of its own ({self.device})"] * bool(self.device) + ["compiles each graph"] * self.compiles
        return ", ".join([*self.precisions, *extras])

    def open_with(self, threads: int, precision: Precision, extra: Mapping[str, str]) -> dict[str, str]:
        """The options for a session with so many CPU threads; `extra` replaces those of the table."""
        own = {self.threads_option: str(threads)} if self.threads_option else {}
        return {**self.options, **own, **self.precision_options.get(precision, {}), **extra}
