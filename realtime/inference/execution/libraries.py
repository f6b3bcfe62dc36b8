"""The libraries of NVIDIA's providers, which are installed apart from ONNX Runtime.

Where one is missing, ONNX Runtime prints errors to the terminal and uses the CPU (microsoft/onnxruntime#23372): so they
are looked for first.
"""

import ctypes
import importlib.util
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path

CUDA = ("cuda", "cudart", "cublas", "cudnn")
TENSORRT = ("nvinfer", "nvonnxparser")
TENSORRT_RTX = ("tensorrt_rtx",)

VERSIONS = ("1", "9", "10", "11", "13")  # that the names of their files end with
WINDOWS_VERSIONS = ("64_13", "64_9", "64_130", "_10", "_11", "_1_2", "_1_3")
PACKAGES = ("nvidia", "tensorrt_libs", "tensorrt_rtx_libs")  # Python packages that bring libraries along


@cache
def cuda_fault() -> str | None:
    """Why the CUDA libraries cannot be used; None when they can. ONNX Runtime finds them from now on."""
    if _library("cuda") is None:
        return "no NVIDIA driver"
    _preload()
    missing = [name for name in CUDA if _library(name) is None]
    return f"CUDA libraries missing: {', '.join(missing)}" if missing else None


@cache
def tensorrt_fault() -> str | None:
    """Why TensorRT cannot be used; None when it can."""
    return cuda_fault() or _missing("TensorRT", TENSORRT)


@cache
def tensorrt_rtx_fault() -> str | None:
    """Why TensorRT for RTX cannot be used; None when it can."""
    return cuda_fault() or _missing("TensorRT for RTX", TENSORRT_RTX)


def _missing(name: str, libraries: tuple[str, ...]) -> str | None:
    missing = [each for each in libraries if _library(each) is None]
    return f"{name} libraries missing: {', '.join(missing)}" if missing else None


def _preload() -> None:
    """Let ONNX Runtime load the CUDA libraries of installed Python packages, without a word about missing ones."""
    import onnxruntime

    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        onnxruntime.preload_dlls()


def _library(name: str) -> str | None:
    """The file name of a library that can be loaded."""
    if sys.platform == "win32":
        candidates = {"cuda": ["nvcuda.dll"]}.get(name, [f"{name}{version}.dll" for version in WINDOWS_VERSIONS])
    else:
        candidates = [f"lib{name}.so.{version}" for version in VERSIONS]
    for candidate in (*candidates, *_packaged(name)):
        try:
            ctypes.CDLL(candidate)
        except OSError:
            continue
        return candidate
    return None


def _packaged(name: str) -> list[str]:
    """The library in installed Python packages."""
    specs = [spec for package in PACKAGES if (spec := importlib.util.find_spec(package)) is not None]
    folders = [Path(folder) for spec in specs for folder in (spec.submodule_search_locations or [])]
    patterns = (f"lib{name}.so*", f"*/lib/lib{name}.so*")
    return [str(file) for folder in folders for pattern in patterns for file in folder.glob(pattern)]
