"""Where graphs run: the one door to ONNX Runtime.

CUDA silently becomes the CPU (microsoft/onnxruntime#23372) and is listed as available where it cannot load, so it is
tried in steps, each of which can say no in words: libraries, preload, session, the provider read back, a first run.
"""

from __future__ import annotations

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

Wanted: TypeAlias = Literal["auto", "cuda", "cpu"]
Tensors: TypeAlias = Mapping[str, NDArray[Any]]

CUDA_LIBRARIES = ("cuda", "cudart", "cublas", "cudnn")
FATAL_ONLY = 4


@dataclass(frozen=True, slots=True)
class Provider:
    """Where sessions run, and why there when something better was wanted."""

    name: Literal["CUDA", "CPU"]
    reason: str | None = None


CPU = Provider("CPU")


def choose(wanted: Wanted) -> Provider:
    """The best provider here; SetupError when CUDA was asked for by name and cannot be had."""
    if wanted == "cpu":
        return CPU
    reason = cuda_fault()
    if reason is None:
        return Provider("CUDA")
    if wanted == "cuda":
        raise SetupError(f"no CUDA here: {reason}; run: ventral doctor")
    return Provider("CPU", reason)


@cache
def cuda_fault() -> str | None:
    """Why CUDA cannot be used, in words; None when it can."""
    if "CUDAExecutionProvider" not in ort.get_available_providers():
        return "this onnxruntime was built without CUDA"
    if _library("cuda") is None:
        return "no NVIDIA driver"
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):  # preload_dlls prints what it misses
        ort.preload_dlls()
    missing = [name for name in CUDA_LIBRARIES if _library(name) is None]
    return f"CUDA libraries missing: {', '.join(missing)}" if missing else None


def _library(name: str) -> str | None:
    """The library's file name when it can be loaded; looked for before ONNX Runtime tries and prints red lines."""
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
    """Libraries that came as Python packages."""
    spec = importlib.util.find_spec("nvidia")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or [])] if spec else []
    return [str(file) for folder in folders for file in folder.glob(f"*/lib/lib{name}.so*")]


class Session:
    """One finished graph, opened; one thread at a time may run it. It takes all cores, or `threads` of them."""

    def __init__(self, path: Path, provider: Provider, *, threads: int | None = None) -> None:
        share_memory()
        options = ort.SessionOptions()
        options.add_session_config_entry("session.use_env_allocators", "1")
        options.log_severity_level = FATAL_ONLY
        options.intra_op_num_threads = threads or _threads()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leaves the cores to the screen
        self._session = ort.InferenceSession(path, options, providers=_providers(provider), enable_fallback=0)
        got = self._session.get_providers()[0].removesuffix("ExecutionProvider")
        if got != provider.name:
            raise RuntimeError(f"asked for {provider.name}, got {got}")
        self._outputs = [output.name for output in self._session.get_outputs()]

    def run(self, feeds: Tensors) -> dict[str, NDArray[Any]]:
        """Outputs by name."""
        return dict(zip(self._outputs, self._session.run(self._outputs, dict(feeds)), strict=True))

    def warm_up(self) -> None:
        """Run once on zeros: memory is allocated, and a GPU too old for its kernels says so now."""
        self.run({each.name: np.zeros(each.shape, _DTYPES[each.type]) for each in self._session.get_inputs()})


@cache
def share_memory() -> None:
    """One arena for all sessions on the CPU: thirteen layers open take a third of the memory (measured)."""
    where = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    ort.create_and_register_allocator(where, ort.OrtArenaCfg(0, 1, -1, -1))


_DTYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(uint8)": np.uint8}


def _threads() -> int:
    """As many as there are cores for this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _providers(provider: Provider) -> list[Any]:
    if provider.name == "CPU":
        return ["CPUExecutionProvider"]
    options = {"cudnn_conv_algo_search": "HEURISTIC", "arena_extend_strategy": "kSameAsRequested"}
    return [("CUDAExecutionProvider", options), "CPUExecutionProvider"]
