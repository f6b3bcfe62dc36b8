"""Three floors, imports only point down; heavy and dangerous things have one door each."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ("models", "realtime", "scripts")

DOORS = {
    "tensorflow": {
        "models/from_keras/convert.py",
        "models/from_keras/frameworks.py",
        *(f"models/training/{name}.py" for name in ("augment", "fit")),
        "scripts/benching/rivals.py",
    },
    "torch": {"scripts/benching/rivals.py"},  # optional; nothing but a comparison
    "tf2onnx": {"models/from_keras/convert.py", "models/from_keras/frameworks.py"},
    "keras": {
        "models/from_keras/convert.py",
        "models/from_keras/frameworks.py",
        "models/from_keras/pretrained.py",
        *(f"models/training/{name}.py" for name in ("fit", "muon", "network", "vgg")),
    },
    "onnxruntime": {  # what is exported or trained is checked before it is kept
        "realtime/providers.py",
        "models/from_keras/agreement.py",
        "models/adoption/trial.py",  # a file of the user's is tried before it is kept
    },
    "subprocess": {"realtime/recording/sinks.py"},
    "socket": {"models/from_keras/pretrained.py"},  # a time limit on the download of weights
}
"""Who alone may import a module."""

CALLS = {
    "VideoCapture": {"realtime/capture/video.py"},
    "namedWindow": {"realtime/window.py"},
    "imshow": {"realtime/window.py"},
    "pollKey": {"realtime/window.py"},
    "waitKey": set(),
    "setMouseCallback": {"realtime/window.py"},
}
"""Who alone may use a name of cv2."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_imports_point_down() -> None:
    for name, tree in sources():
        floor = name.split("/")[0]
        if name == "realtime/__main__.py":
            continue
        above = FLOORS[FLOORS.index(floor) + 1 :]
        wrong = [each for each in imports(tree) if each.split(".")[0] in above]
        assert not wrong, f"{name} looks up to {wrong}"


@pytest.mark.parametrize("module", DOORS)
def test_one_door(module: str) -> None:
    users = {name for name, tree in sources() if any(each.split(".")[0] == module for each in imports(tree))}
    assert users == DOORS[module]


@pytest.mark.parametrize("name", CALLS)
def test_one_door_to_windows_and_cameras(name: str) -> None:
    users = {
        path
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == name
    }
    assert users == CALLS[name]


def test_a_view_never_imports_another() -> None:
    for name, tree in sources():
        if name.startswith("realtime/views/") and not name.endswith("__init__.py"):
            assert not [each for each in imports(tree) if each.startswith("realtime.views")], name


def test_only_the_command_line_imports_the_app() -> None:
    users = {name for name, tree in sources() if "realtime.show.app" in imports(tree)}
    assert users == {"scripts/live.py"}


def test_the_live_show_never_loads_tensorflow_and_turns_telemetry_off() -> None:
    code = (
        "import os, sys, scripts.cli, realtime.show.app;"
        "assert os.environ['ORT_DISABLE_TELEMETRY'] == '1';"
        "assert not {'tensorflow', 'keras', 'tf2onnx'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
