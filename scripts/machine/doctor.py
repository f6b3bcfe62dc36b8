"""`ventral doctor`: checks this machine and prints the command that fixes each problem.

Libraries are imported where they are checked: doctor must run when nothing else does.
"""

import os
import platform
import sys
from collections.abc import Iterator
from importlib import import_module, metadata
from typing import Literal, NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models import zoo
from models.errors import ModelError, SetupError, VentralError
from models.files import write_atomically
from models.importing.open_network import NAMES, how_to_get, kept_path, open_network
from realtime.outputs.recording.paths import MIN_FREE_AT_START, free_bytes

Verdict = Literal["ok", "note", "problem"]

COLOURS: dict[Verdict, str] = {"ok": "green", "note": "yellow", "problem": "red"}


SHARED_FOLDERS = {
    "onnxruntime": ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino"),
    "cv2": ("opencv-python", "opencv-contrib-python", "opencv-python-headless", "opencv-contrib-python-headless"),
    "pygame": ("pygame-ce", "pygame"),
}
"""Distributions that overwrite each other's import folder: only one of each may be installed (onnxruntime#26996)."""


class Finding(NamedTuple):
    """One line of the report."""

    subject: str
    verdict: Verdict
    text: str


def doctor() -> None:
    """Check this machine and print the command that fixes each problem.

    It checks packages, providers, display, cameras, ffmpeg, cache and networks. The exit status is 2 if it finds a
    problem.

    Example: `ventral doctor`
    """
    findings = [*_packages()]
    if all(each.verdict == "ok" for each in findings):
        findings += [*_providers(), _display(), _cameras()]
    findings += [_ffmpeg(), _cache(), *_networks()]
    table = Table(box=None, pad_edge=False, show_header=False)
    for subject, verdict, text in findings:
        table.add_row(f"[{COLOURS[verdict]}]{verdict}[/]", subject, escape(text))
    Console().print(table)
    if problems := [each.subject for each in findings if each.verdict == "problem"]:
        raise SetupError(f"problems found: {', '.join(problems)}; the lines above say how to fix them")


def _packages() -> Iterator[Finding]:
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    installed = {each.metadata["Name"].lower(): each.version for each in metadata.distributions()}
    for module, names in SHARED_FOLDERS.items():
        present = {name: installed[name] for name in names if name in installed}
        yield _package(module, present, default_onnxruntime() if module == "onnxruntime" else names[0])


def _package(module: str, present: dict[str, str], preferred: str) -> Finding:
    """Whether one distribution of an essential library is installed, and can be imported."""
    if len(present) > 1:
        fix = f"pip uninstall -y {' '.join(present)} && pip install {preferred}"
        return Finding(module, "problem", f"{' and '.join(present)} overwrite each other; run: {fix}")
    try:
        import_module(module)
    except ImportError as error:
        fix = "apt install libgl1 libglib2.0-0" if ".so" in str(error) else f"pip install {preferred}"
        return Finding(module, "problem", f"{error}; run: {fix}")
    return Finding(module, "ok", " ".join(f"{name} {version}" for name, version in present.items()))


def default_onnxruntime() -> str:
    """The distribution of ONNX Runtime for this system: there is no GPU wheel for macOS."""
    return "onnxruntime" if sys.platform == "darwin" else "onnxruntime-gpu"


def _providers() -> Iterator[Finding]:
    """The table of execution providers: what each can do here, or why it cannot be used."""
    from realtime.inference.execution.table import KINDS
    from realtime.inference.providers import fault

    for kind in KINDS:
        reason = fault(kind)
        if reason is None:
            yield Finding(f"--provider {kind.option}", "ok", f"{kind.name}: {kind.abilities}")
        else:
            fix = "; run: pip install -e '.[gpu]'" if "CUDA libraries missing" in reason else ""
            yield Finding(f"--provider {kind.option}", "note", f"{reason}{fix}")


def _display() -> Finding:
    from realtime.outputs.window import require_display

    try:
        require_display()
    except SetupError as error:
        return Finding("display", "note", str(error))
    return Finding("display", "ok", os.environ.get("DISPLAY", "present"))


def _cameras() -> Finding:
    from realtime.capture.cameras.connected import list_cameras

    cameras = list_cameras()
    if not cameras:
        return Finding("cameras", "note", "none found; use --source FILE or --source pattern (see: ventral cameras)")
    return Finding("cameras", "ok", ", ".join(f"{number}: {name}" for number, name in cameras.items()))


def _ffmpeg() -> Finding:
    import imageio_ffmpeg

    try:
        return Finding("ffmpeg", "ok", str(imageio_ffmpeg.get_ffmpeg_version()))
    except RuntimeError as error:
        return Finding("ffmpeg", "problem", f"{error}; run: pip install --force-reinstall imageio-ffmpeg")


def _cache() -> Finding:
    folder = zoo.cache_folder()
    probe = folder / ".probe"
    try:
        write_atomically(probe, b"")
        probe.unlink()
    except (VentralError, OSError) as error:
        return Finding("cache", "problem", f"{error}; set XDG_CACHE_HOME to a writable folder")
    free = free_bytes(folder)
    return Finding("cache", "ok" if free > MIN_FREE_AT_START else "note", f"{folder}, {free / 1e9:.0f} GB free")


def _networks() -> Iterator[Finding]:
    try:
        info = open_network("auto").info
        yield Finding("network", "ok", f"{info.name}{'' if info.trained else ', UNTRAINED'}")
    except ModelError as error:
        yield Finding("network", "problem", f"{error} (add --force)")
    for name in NAMES:
        if path := kept_path(name):
            yield Finding(name, "ok", f"{path}, {path.stat().st_size / 1e6:.0f} MB")
        elif name in zoo.ZOO:
            yield Finding(name, "note", f"not here; run: {how_to_get(name)}")
