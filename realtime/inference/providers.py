"""Execution providers and sessions of ONNX Runtime.

ONNX Runtime silently falls back to the CPU (microsoft/onnxruntime#23372) and lists CUDA as available where it cannot
load. A provider is therefore checked in steps: built in, libraries, session, the provider of the session, a first run.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnx.parser import parse_model

from models.build.precision import Precision
from models.errors import SetupError, one_line
from models.graph.builder import FLOAT, GraphBuilder, empty_model
from realtime.inference.execution.binding import DTYPES, Binding, is_fixed
from realtime.inference.execution.kind import ProviderKind
from realtime.inference.execution.table import BY_NAME, BY_OPTION, ProviderChoice
from realtime.inference.memory.external_weights import map_weights
from realtime.inference.memory.process_memory import heap_bytes

log = logging.getLogger(__name__)

Tensors: TypeAlias = Mapping[str, NDArray[Any]]

FATAL_ONLY = 4
ASSIGNMENT = "session.record_ep_graph_assignment_info"  # which provider takes which nodes
POWERS_OF_TWO = 0  # how the arena grows
TRIAL_TOLERANCE = 0.01  # of the result of a first run: TF32 and half precision have 11 bits


@dataclass(frozen=True, slots=True)
class Provider:
    """Where sessions run; `reason` says why not on the GPU, and `options` replace those of the table."""

    name: str
    reason: str | None = None
    options: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> ProviderKind:
        """Its row in the table."""
        return BY_NAME[self.name]


CPU = Provider("CPU")


def choose(choice: ProviderChoice) -> Provider:
    """The provider of that name, or CUDA or else the CPU; SetupError when one is chosen by name and does not work."""
    if choice == "auto":
        reason = _absent(BY_NAME["CUDA"])
        return Provider("CPU", reason) if reason else Provider("CUDA")
    kind = BY_OPTION[choice]
    if reason := fault(kind):
        raise SetupError(f"{kind.name} is not available: {reason}; run: ventral doctor")
    return Provider(kind.name)


@cache
def fault(kind: ProviderKind) -> str | None:
    """Why a provider cannot be used; None when it has run a small graph."""
    return _absent(kind) or _trial(kind)


def _absent(kind: ProviderKind) -> str | None:
    """Why a provider cannot even be tried."""
    if kind.full_name not in ort.get_available_providers():
        return f"this onnxruntime was built without {kind.registered}; it is in {kind.package}"
    return kind.find_fault()


def _trial(kind: ProviderKind) -> str | None:
    """What goes wrong when a small graph runs for the first time."""
    ort.set_default_logger_severity(FATAL_ONLY)  # the reason is told in one line
    try:
        session = Session(_trial_graph(), Provider(kind.name))
        result = session.run({"x": np.ones((1, 3, 8, 8), np.float32)})["y"]
    except Exception as error:
        return f"a first run failed: {one_line(error)}"
    wrong = abs(float(result[0, 0, 4, 4]) - 27) > 27 * TRIAL_TOLERANCE
    return f"a first run gave {result[0, 0, 4, 4]:g} instead of 27" if wrong else None


def _trial_graph() -> bytes:
    """A convolution, whose result is 27 where all pixels are 1."""
    builder = GraphBuilder(empty_model("trial"))
    kernel = builder.constant(np.ones((4, 3, 3, 3), np.float32))
    x = builder.input("x", FLOAT, (1, 3, 8, 8))
    builder.output(builder.op("Relu", builder.op("Conv", x, kernel, pads=[1, 1, 1, 1])), "y", FLOAT, (1, 4, 8, 8))
    content: bytes = builder.model.SerializeToString()
    return content


class Session:
    """An open graph, which only one thread at a time may run, with all cores or `threads` of them.

    `size` is what it holds of the heap, in bytes: the weights and the nodes, but not the arena.
    Its inputs and outputs have buffers on the provider's device, or on `device`, if all their sizes are fixed.
    """

    def __init__(
        self,
        path: Path | bytes,
        provider: Provider,
        *,
        threads: int | None = None,
        device: str | None = None,
        precision: Precision = "fp32",
    ) -> None:
        """Open a file, or the content of one; RuntimeError where ONNX Runtime uses another provider."""
        share_memory()
        before = heap_bytes()
        options = ort.SessionOptions()
        options.add_session_config_entry("session.use_env_allocators", "1")
        options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")  # weights pin no arena
        options.log_severity_level = FATAL_ONLY
        options.enable_mem_pattern = False  # or each session keeps the largest block that it has ever needed
        threads = options.intra_op_num_threads = threads or _threads()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leaves the cores to other threads
        options.add_session_config_entry("session.disable_quant_qdq", "1")  # its rewrites slow our int8 graphs down
        if provider.name != CPU.name:
            options.add_session_config_entry(ASSIGNMENT, "1")
        providers = _providers(provider, threads, precision)
        self._session = _open(path, options, providers)
        actual = self._session.get_providers()[0]
        if actual != provider.kind.full_name:
            raise RuntimeError(f"expected {provider.kind.full_name}, got {actual}")
        self.on_the_cpu = () if provider.name == CPU.name else _left_to_the_cpu(self._session)
        self._outputs = [output.name for output in self._session.get_outputs()]
        self.inputs = tuple(each.name for each in self._session.get_inputs())
        device = device or provider.kind.device
        self.binding = Binding(self._session, device) if device and is_fixed(self._session) else None
        self.metadata: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map
        after = heap_bytes()
        self.size = _weights_beside(path) if before is None or after is None else max(after - before, 0)

    def run(self, feeds: Tensors) -> dict[str, NDArray[Any]]:
        """Outputs by name."""
        if self.binding is not None:
            return self.binding.run(feeds)
        return dict(zip(self._outputs, self._session.run(self._outputs, dict(feeds)), strict=True))

    def warm_up(self) -> None:
        """Run once on zeros, which allocates memory and shows whether the GPU supports the kernels."""
        self.run({each.name: np.zeros(each.shape, DTYPES[each.type]) for each in self._session.get_inputs()})


def _open(path: Path | bytes, options: ort.SessionOptions, providers: list[Any]) -> ort.InferenceSession:
    weights = map_weights(path) if isinstance(path, Path) else {}
    if weights:
        sizes = [len(content) for content in weights.values()]
        options.add_external_initializers_from_files_in_memory(list(weights), list(weights.values()), sizes)
    return ort.InferenceSession(path, options, providers=providers, enable_fallback=0)


def _left_to_the_cpu(session: ort.InferenceSession) -> tuple[str, ...]:
    """The operators of the nodes that the provider has not taken."""
    parts = session.get_provider_graph_assignment_info()
    return tuple(node.op_type for part in parts if part.ep_name == CPU.kind.full_name for node in part.get_nodes())


def _weights_beside(graph: Path | bytes) -> int:
    """What a graph holds at about, where the heap cannot be measured: all weights of its network."""
    if isinstance(graph, bytes):
        return len(graph)
    return sum(each.stat().st_size for each in graph.parent.glob("*.bin"))


@cache
def share_memory() -> None:
    """Share one arena between all CPU sessions: thirteen open layers take a third of the memory (measured).

    It grows to powers of two, which sessions of other sizes can use again: gradients of four sizes take 0.75 GB instead
    of 2.4 GB.
    """
    where = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    ort.create_and_register_allocator(where, ort.OrtArenaCfg(0, POWERS_OF_TWO, -1, -1))


def shrink_arena() -> None:
    """Give all blocks of the shared arena back in which nothing is used now."""
    options = ort.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    session = _smallest_session()
    session.run(None, {"x": np.zeros(1, np.float32)}, options)


@cache
def _smallest_session() -> ort.InferenceSession:
    """A session that does nothing: the arena is shrunk after a run only."""
    share_memory()
    options = ort.SessionOptions()
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.intra_op_num_threads = 1
    model = parse_model("""<ir_version: 8, opset_import: ["": 17]>
        nothing (float[1] x) => (float[1] y) { y = Identity(x) }""")
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _threads() -> int:
    """The number of cores available to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _providers(provider: Provider, threads: int, precision: Precision) -> list[Any]:
    """The provider with its options, and the CPU for nodes that it does not take."""
    kind = provider.kind
    own = (kind.full_name, kind.open_with(threads, precision, dict(provider.options)))
    return [own] if provider.name == CPU.name else [own, CPU.kind.full_name]
