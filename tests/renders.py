"""Render a fixed set of pictures, sheets, GIFs, dreams and reports, and compare it with an earlier run.

    python -m tests.renders before.json      # on the old code
    python -m tests.renders after.json       # on the new code
    python -m tests.renders before.json after.json

The files hold digests of pixels, and of reports without their times. The environment variable `VENTRAL_TEST_ASSETS`
names the folder with `media` and `weights`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageSequence

ASSETS = Path(os.environ.get("VENTRAL_TEST_ASSETS", ""))
NETWORKS = ("world", "googlenet.onnx", "squeezenet_v1_1.onnx")
LAYERS = {"world": "block3_conv2", "googlenet.onnx": "inception_4c/output", "squeezenet_v1_1.onnx": "fire5/concat"}
VIEWS = {
    "mosaic": ("--set", "predict/on=on"),
    "active": ("--view", "mosaic", "--set", "tiles/active=on", "--set", "tiles/colormap=ocean"),
    "zoom": ("--view", "mosaic", "--set", "tiles/zoom=on", "--set", "tiles/channel=5", "--set", "show/layout=inset"),
    "story": ("--view", "story"),
    "camera": ("--view", "camera"),
    "dream": ("--view", "dream", "--set", "dream/size=96"),
    "tunnel": ("--preset", "tunnel", "--set", "dream/size=96"),
    "gradcam": ("--view", "gradcam"),
    "saliency": ("--view", "saliency"),
}
UNSTEADY = ("seconds", "epochs", "settings")
"""The entries of a report that depend on the clock or on the folder."""


def commands(model: str, name: str, media: Path, out: Path) -> Iterator[tuple[str, ...]]:
    """The commands to run for one network."""
    cat, layer = str(media / "chelsea.jpg"), LAYERS[name]
    common = ("--model", model, "--provider", "cpu")
    for view, options in VIEWS.items():
        size = ("--canvas", "640x360", "--frames", "4", "--size", "112" if name == "world" else "224")
        yield ("render", str(media / "clip.mp4"), "-o", str(out / view), *size, *options, *common)
    film = ("--frames", "5", "--canvas", "320x240", "--layer", layer)
    yield ("render", str(media / "clip.mp4"), "-o", str(out / "film.gif"), *film, *common)
    yield ("maps", cat, "-o", str(out / "maps.png"), "--report", str(out / "maps.json"), "--width", "960", *common)
    yield ("filters", "-o", str(out / "filters.png"), "--width", "960", "--model", model)
    yield ("story", cat, "-o", str(out / "story.gif"), "--seconds", "0.4", "--width", "320", *common)
    small = ("--width", "240", "--octaves", "2", "--steps", "3")
    yield ("dream", cat, "-o", str(out / "dream.png"), "--layer", layer, *small, *common)
    guide = ("--guide", str(media / "coffee.jpg"))
    yield ("dream", cat, "-o", str(out / "guided.png"), "--layer", layer, *small, *guide, *common)
    channels = ("--layer", layer, "--channel", "3,7", "--size", "96", "--steps", "6")
    yield ("maximize", "-o", str(out / "maximize.png"), *channels, *common)
    yield ("gradcam", cat, "-o", str(out / "gradcam.png"), *common)


def train(media: Path, work: Path, out: Path) -> tuple[str, ...]:
    """The command for a short training, whose report is compared too; it writes the pictures to train on."""
    for name in ("chelsea", "coffee", "rocket"):
        folder = work / "pictures" / name
        folder.mkdir(parents=True)
        with Image.open(media / f"{name}.jpg") as picture:
            for number in range(4):
                picture.crop((20 * number, 10 * number, 200 + 20 * number, 200 + 10 * number)).save(
                    folder / f"{number}.png"
                )
    return ("train", str(work / "pictures"), "-o", str(out / "trained"), "--epochs", "2", "--size", "32")


def render_all(work: Path) -> dict[str, str]:
    """Run every command; the digest of every file written, and the exit status of every command."""
    media, digests = ASSETS / "media", dict[str, str]()
    for name in NETWORKS:
        model, out = name, work / name
        out.mkdir()
        if name.endswith(".onnx"):
            model = str(shutil.copy(ASSETS / "weights" / name, work / "networks" / name))
        for command in commands(model, name, media, out):
            digests |= run(command, f"{name} {command[command.index('-o') + 1].rpartition('/')[2]}")
    (work / "report").mkdir()
    digests |= run(train(media, work, work / "report"), "report")
    return digests | {str(path.relative_to(work)): digest(path) for path in files(work)}


def run(command: tuple[str, ...], label: str) -> dict[str, str]:
    """Run one command of `ventral`; its label and exit status."""
    print(label, file=sys.stderr)
    done = subprocess.run((sys.executable, "-m", "scripts", *command), stdout=subprocess.DEVNULL, check=False)
    return {f"$ {label}": str(done.returncode)}


def files(work: Path) -> Iterator[Path]:
    """The files to compare."""
    written = (path for path in sorted(work.rglob("*")) if path.suffix in (".png", ".gif", ".json"))
    return (path for path in written if {"pictures", "networks"}.isdisjoint(path.parts))


def digest(path: Path) -> str:
    """SHA-256 of pixels and durations, or of the content of a report."""
    if path.suffix == ".json":
        record = {key: value for key, value in json.loads(path.read_text()).items() if key not in UNSTEADY}
        record.pop("picture", None)
        return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
    total = hashlib.sha256()
    with Image.open(path) as picture:
        for frame in ImageSequence.Iterator(picture):
            total.update(np.asarray(frame.convert("RGBA")).tobytes() + repr(frame.info.get("duration")).encode())
    return total.hexdigest()


def compare(before: dict[str, Any], after: dict[str, Any]) -> int:
    """Print the differences; their number."""
    names = [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
    for name in names:
        print(f"{'new' if name not in before else 'missing' if name not in after else 'changed'}: {name}")
    print(f"{len(before.keys() & after.keys()) - len(names)} equal of {len(before)}, {len(names)} different")
    return len(names)


def main(*paths: str) -> int:
    """Render to one file, or compare two."""
    if len(paths) == 2:
        return min(compare(*(json.loads(Path(path).read_text()) for path in paths)), 1)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "networks").mkdir()
        Path(paths[0]).write_text(json.dumps(render_all(Path(folder)), indent=1, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
