"""`ventral doctor`: what is wrong on this machine, and the command that mends it.

What may be broken is imported where it is examined: doctor must run when nothing else does.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models import zoo
from models.errors import ModelError, SetupError, VentralError
from models.files import write_atomically
from models.importing.open_network import open_network

Verdict = Literal["ok", "note", "fault"]

FREE_BYTES = 1_000_000_000
SHARED_FOLDERS = {
    "onnxruntime": ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml"),
    "cv2": (
        "opencv-python",
        "opencv-contrib-python",
        "opencv-python-headless",
        "opencv-contrib-python-headless",
    ),
}
"""Distributions that overwrite each other's import folder: only one of each may be installed (onnxruntime#26996)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    what: str
    verdict: Verdict
    words: str


def doctor() -> None:
    """Check this machine: packages, GPU, screen, cameras, ffmpeg, cache, networks.

    Every fault comes with the command that mends it; the exit status is 2 when there is one.

    Example: `ventral doctor`
    """
    findings = [*_packages()]
    if not any(finding.verdict == "fault" for finding in findings):
        findings += [_gpu(), _display(), _cameras()]
    findings += [_ffmpeg(), _cache(), *_networks()]
    table = Table(box=None, pad_edge=False, show_header=False)
    colours = {"ok": "green", "note": "yellow", "fault": "red"}
    for finding in findings:
        table.add_row(f"[{colours[finding.verdict]}]{finding.verdict}[/]", finding.what, escape(finding.words))
    Console().print(table)
    faults = [finding.what for finding in findings if finding.verdict == "fault"]
    if faults:
        raise SetupError(f"this needs mending: {', '.join(faults)} (see the lines above)")


def _packages() -> Iterator[Finding]:
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    installed = {each.metadata["Name"].lower(): each.version for each in metadata.distributions()}
    for module, names in SHARED_FOLDERS.items():
        found = [name for name in names if name in installed]
        keep = "opencv-python" if module == "cv2" else default_onnxruntime()
        if len(found) > 1:
            mend = f"pip uninstall -y {' '.join(found)} && pip install {keep}"
            yield Finding(module, "fault", f"{' and '.join(found)} share one folder; run: {mend}")
        else:
            yield _loads(module, ", ".join(f"{name} {installed[name]}" for name in found), keep)


def _loads(module: str, version: str, distribution: str) -> Finding:
    """Whether a library that everything rests on can be loaded at all."""
    try:
        import_module(module)
    except ImportError as error:
        mend = "apt install libgl1 libglib2.0-0" if ".so" in str(error) else f"pip install {distribution}"
        return Finding(module, "fault", f"{error}; run: {mend}")
    return Finding(module, "ok", version)


def default_onnxruntime() -> str:
    """The distribution of ONNX Runtime for this system: there is no GPU wheel for macOS."""
    return "onnxruntime" if sys.platform == "darwin" else "onnxruntime-gpu"


def _gpu() -> Finding:
    from realtime.inference.providers import cuda_fault

    reason = cuda_fault()
    if reason is None:
        return Finding("GPU", "ok", "CUDA can be used")
    mend = "; run: pip install -e '.[gpu]'" if "libraries missing" in reason else ""
    return Finding("GPU", "note", f"the CPU will be used: {reason}{mend}")


def _display() -> Finding:
    from realtime.outputs.window import require_display

    try:
        require_display()
    except SetupError as error:
        return Finding("screen", "note", str(error))
    return Finding("screen", "ok", os.environ.get("DISPLAY", "there is one"))


def _cameras() -> Finding:
    from realtime.capture.devices import list_cameras

    cameras = list_cameras()
    if not cameras:
        return Finding("cameras", "note", "none found; use --source FILE or --source pattern (see: ventral cameras)")
    return Finding("cameras", "ok", ", ".join(f"{number}: {name}" for number, name in cameras.items()))


def _ffmpeg() -> Finding:
    import imageio_ffmpeg

    try:
        return Finding("ffmpeg", "ok", str(imageio_ffmpeg.get_ffmpeg_version()))
    except RuntimeError as error:
        return Finding("ffmpeg", "fault", f"{error}; run: pip install --force-reinstall imageio-ffmpeg")


def _cache() -> Finding:
    folder = zoo.cache_folder()
    probe = folder / ".probe"
    try:
        write_atomically(probe, b"")
        probe.unlink()
    except (VentralError, OSError) as error:
        return Finding("cache", "fault", f"{error}; set XDG_CACHE_HOME to a folder that can be written")
    free = shutil.disk_usage(folder).free
    verdict: Verdict = "ok" if free > FREE_BYTES else "note"
    return Finding("cache", verdict, f"{folder}, {free / 1e9:.0f} GB free")


def _networks() -> Iterator[Finding]:
    try:
        info = open_network("auto").info
        yield Finding("network", "ok", f"{info.name}{'' if info.trained else ', UNTRAINED'}")
    except ModelError as error:
        yield Finding("network", "fault", f"{error}; with --force")
    for name in zoo.ZOO:
        path: Path = zoo.stored_path(name)
        if path.exists():
            yield Finding(name, "ok", f"{path}, {path.stat().st_size / 1e6:.0f} MB")
        else:
            yield Finding(name, "note", f"not exported; run: ventral export {name}")
