"""Three floors, imports only point down; heavy and dangerous things have one door each."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ("models", "realtime", "scripts")

DOORS = {
    "tensorflow": {
        "models/from_keras/convert.py",
        "models/from_keras/import_tensorflow.py",
        *(f"models/training/{name}.py" for name in ("calibrate", "fit", "refit", "data/augment", "data/batches")),
        *(f"models/training/distillation/{name}.py" for name in ("batches", "lesson", "student")),
        *(f"models/training/network/{name}.py" for name in ("batch_norm", "metrics")),
        "scripts/dev/benchmarks/forward.py",
        "scripts/dev/benchmarks/frameworks.py",
    },
    "torch": {"scripts/dev/benchmarks/forward.py", "scripts/dev/benchmarks/frameworks.py"},  # optional, for comparisons
    "openvino": {"scripts/dev/benchmarks/forward.py"},
    "nncf": {"scripts/dev/benchmarks/forward.py"},
    "tf2onnx": {"models/from_keras/convert.py", "models/from_keras/import_tensorflow.py"},
    "keras": {
        "scripts/dev/benchmarks/forward.py",
        "models/from_keras/convert.py",
        "models/from_keras/import_tensorflow.py",
        "models/from_keras/pretrained.py",
        *(f"models/training/{name}.py" for name in ("fit", "refit", "distillation/student")),
        *(f"models/training/network/{name}.py" for name in ("batch_norm", "learner", "metrics", "muon", "vgg")),
    },
    "onnxruntime": {
        "realtime/inference/providers.py",
        "realtime/inference/execution/binding.py",
        "realtime/inference/execution/libraries.py",  # lets it find CUDA's libraries
        "models/from_keras/compare_with_keras.py",  # an export is compared with Keras before it is stored
        "models/build/int8/channel_peaks.py",  # the proportions of the channels are measured before kernels are stored
        "models/training/distillation/teacher.py",  # a teacher answers thousands of pictures at once
        "models/importing/trial_process.py",  # an imported file runs once before it is stored
    },
    "subprocess": {
        "realtime/outputs/recording/process.py",
        "models/importing/trial_run.py",  # ONNX Runtime may crash on a file that it has never run
        "realtime/supervision/supervisor.py",  # the show that it watches
        "realtime/supervision/service/systemctl.py",
        "scripts/dev/benchmarks/gifs.py",  # gifski
        "scripts/dev/benchmarks/random_keys.py",  # a show and xdotool
    },
    "av": {
        *(
            f"realtime/capture/films/{name}.py"
            for name in ("container", "convert", "decoded_film", "stream", "timeline")
        ),
        *(f"realtime/outputs/recording/{name}.py" for name in ("ffmpeg", "raw_video")),
        *(f"realtime/outputs/replay/{name}.py" for name in ("encoder", "packets", "saved_replay")),
        *(f"realtime/takes/{name}.py" for name in ("take_film", "take_writer")),
    },
    "pygame": {"realtime/outputs/window.py"},
    "socket": {
        "models/from_keras/pretrained.py",  # a time limit on the download of weights
        "models/fetching/request.py",  # the error of a name that is not found
        "realtime/supervision/heartbeat.py",
        "realtime/supervision/supervisor.py",
    },
    "socketserver": {"realtime/show/unattended/health/server.py"},
    "urllib": {"models/fetching/request.py"},
}
"""The only files that import a module."""

CALLS = {
    "VideoCapture": {"realtime/capture/cameras/device.py"},
    "namedWindow": set(),
    "imshow": set(),
}
"""The only files that use a name of cv2."""

NO_VIEWS = ("__init__", "click", "registry", "stages", "tile_colours", "tile_drawer", "tiles", "view")
SHARED_BY_VIEWS = {f"realtime.views.{name}" for name in NO_VIEWS}
"""The files of realtime/views/ that are no views."""

FILES_IN_A_FOLDER = 15
LINES_OF_A_FUNCTION = 50


@cache
def sources() -> tuple[tuple[str, ast.Module], ...]:
    """Every file of the product, parsed."""
    paths = [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]
    return tuple((path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))) for path in paths)


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
        above = FLOORS[FLOORS.index(floor) + 1 :]
        wrong = [each for each in imports(tree) if each.split(".")[0] in above]
        assert not wrong, f"{name} imports from a floor above: {wrong}"


@pytest.mark.parametrize("floor", FLOORS)
def test_rooms_have_no_circles(floor: str) -> None:
    """A room is a folder directly below a floor."""
    rooms: dict[str, set[str]] = {}
    for name, tree in sources():
        top, room, *_ = name.split("/")
        if top == floor and not room.endswith(".py"):
            used = {each.split(".")[1] for each in imports(tree) if each.startswith(f"{floor}.")}
            rooms.setdefault(room, set()).update(used - {room})
    assert len(rooms) > 3
    TopologicalSorter({room: used & rooms.keys() for room, used in rooms.items()}).prepare()  # names a circle


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


def test_a_view_is_imported_by_no_other_file_of_its_folder() -> None:
    room = {name: tree for name, tree in sources() if name.startswith("realtime/views/")}
    views = {name.removesuffix(".py").replace("/", ".") for name in room} - SHARED_BY_VIEWS
    assert len(views) >= 6
    for name, tree in room.items():
        assert not views & set(imports(tree)), name


def test_only_the_command_line_imports_the_app() -> None:
    users = {name for name, tree in sources() if "realtime.show.app" in imports(tree)}
    assert users == {"scripts/common/all_controls.py", "scripts/show/live.py"}  # the former lists its actions


@pytest.mark.parametrize("floor", [*FLOORS, "tests"])
def test_a_folder_holds_few_files(floor: str) -> None:
    folders = Counter(path.parent for path in (ROOT / floor).rglob("*") if path.is_file() and path.suffix != ".pyc")
    crowded = {str(folder): count for folder, count in folders.items() if count > FILES_IN_A_FOLDER}
    assert not crowded


def test_a_function_fits_on_a_screen() -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = {
        f"{path}: {node.name}": 1 + (node.end_lineno or 0) - node.lineno
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, functions) and (node.end_lineno or 0) - node.lineno >= LINES_OF_A_FUNCTION
    }
    assert not long


def test_the_live_show_loads_no_tensorflow_and_no_pyav_and_turns_telemetry_off() -> None:
    code = (
        "import os, sys, scripts.cli, realtime.show.app;"
        "assert os.environ['ORT_DISABLE_TELEMETRY'] == '1';"
        "assert not {'tensorflow', 'keras', 'tf2onnx', 'av', 'pillow_heif'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
