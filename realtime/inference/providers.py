"""Execution providers and sessions of ONNX Runtime.

ONNX Runtime silently falls back from CUDA to the CPU (microsoft/onnxruntime#23372) and lists CUDA as available where it
cannot load. CUDA is therefore checked in steps: libraries, preload, session, the provider of the session, a first run.
"""

import ctypes
import importlib.util
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.errors import SetupError

Choice: TypeAlias = Literal["auto", "cuda", "cpu"]
Tensors: TypeAlias = Mapping[str, NDArray[Any]]

CUDA_LIBRARIES = ("cuda", "cudart", "cublas", "cudnn")
FATAL_ONLY = 4
POWERS_OF_TWO = 0  # how the arena grows


@dataclass(frozen=True, slots=True)
class Provider:
    """Where sessions run; `reason` says why not on the GPU."""

    name: Literal["CUDA", "CPU"]
    reason: str | None = None


CPU = Provider("CPU")


def choose(choice: Choice) -> Provider:
    """The best provider that works; SetupError when CUDA is chosen by name and does not work."""
    if choice == "cpu":
        return CPU
    reason = cuda_fault()
    if reason is None:
        return Provider("CUDA")
    if choice == "cuda":
        raise SetupError(f"CUDA is not available: {reason}; run: ventral doctor")
    return Provider("CPU", reason)


@cache
def cuda_fault() -> str | None:
    """Why CUDA cannot be used; None when it can."""
    if "CUDAExecutionProvider" not in ort.get_available_providers():
        return "this onnxruntime was built without CUDA"
    if _library("cuda") is None:
        return "no NVIDIA driver"
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):  # preload_dlls prints missing libraries
        ort.preload_dlls()
    missing = [name for name in CUDA_LIBRARIES if _library(name) is None]
    return f"CUDA libraries missing: {', '.join(missing)}" if missing else None


def _library(name: str) -> str | None:
    """The file name of a library that can be loaded: ONNX Runtime prints errors for those that cannot."""
    if sys.platform == "win32":
        candidates = {"cuda": ["nvcuda.dll"]}.get(name, [f"{name}64_13.dll", f"{name}64_9.dll", f"{name}64_130.dll"])
    else:
        candidates = [f"lib{name}.so.{version}" for version in ("1", "13", "9")]
    for candidate in (*candidates, *_packaged(name)):
        try:
            ctypes.CDLL(candidate)
        except OSError:
            continue
        return candidate
    return None


def _packaged(name: str) -> list[str]:
    """The library in installed Python packages."""
    spec = importlib.util.find_spec("nvidia")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    return [str(file) for folder in folders for file in folder.glob(f"*/lib/lib{name}.so*")]


class Session:
    """An open graph, which only one thread at a time may run, with all cores or `threads` of them."""

    def __init__(self, path: Path, provider: Provider, *, threads: int | None = None) -> None:
        share_memory()
        options = ort.SessionOptions()
        options.add_session_config_entry("session.use_env_allocators", "1")
        options.log_severity_level = FATAL_ONLY
        options.enable_mem_pattern = False  # or each session keeps the largest block that it has ever needed
        options.intra_op_num_threads = threads or _threads()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leaves the cores to other threads
        options.add_session_config_entry("session.disable_quant_qdq", "1")  # its rewrites slow our int8 graphs down
        self._session = ort.InferenceSession(path, options, providers=_providers(provider), enable_fallback=0)
        actual = self._session.get_providers()[0].removesuffix("ExecutionProvider")
        if actual != provider.name:
            raise RuntimeError(f"expected the provider {provider.name}, got {actual}")
        self._outputs = [output.name for output in self._session.get_outputs()]
        self.inputs = tuple(each.name for each in self._session.get_inputs())
        self.metadata: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map

    def run(self, feeds: Tensors) -> dict[str, NDArray[Any]]:
        """Outputs by name."""
        return dict(zip(self._outputs, self._session.run(self._outputs, dict(feeds)), strict=True))

    def warm_up(self) -> None:
        """Run once on zeros, which allocates memory and shows whether the GPU supports the kernels."""
        self.run({each.name: np.zeros(each.shape, _DTYPES[each.type]) for each in self._session.get_inputs()})


@cache
def share_memory() -> None:
    """Share one arena between all CPU sessions: thirteen open layers take a third of the memory (measured).

    It grows to powers of two, which sessions of other sizes can use again: gradients of four sizes take 0.75 GB instead
    of 2.4 GB.
    """
    where = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    ort.create_and_register_allocator(where, ort.OrtArenaCfg(0, POWERS_OF_TWO, -1, -1))


_DTYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(uint8)": np.uint8}


def _threads() -> int:
    """The number of cores available to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _providers(provider: Provider) -> list[Any]:
    if provider.name == "CPU":
        return ["CPUExecutionProvider"]
    options = {"cudnn_conv_algo_search": "HEURISTIC", "arena_extend_strategy": "kSameAsRequested"}
    return [("CUDAExecutionProvider", options), "CPUExecutionProvider"]
