"""Shared by all tests: an empty cache, real pictures and weights if there are any, and the markers."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import realtime  # noqa: F401, sets what OpenCV and ONNX Runtime read when they are imported
from tests.screen import screen

__all__ = ["screen"]

if sys.dont_write_bytecode:  # or each of the many processes that tests start would compile every library again
    bytecode = tempfile.TemporaryDirectory(prefix="ventral-bytecode-")
    sys.dont_write_bytecode, sys.pycache_prefix = False, bytecode.name
    os.environ["PYTHONPYCACHEPREFIX"] = bytecode.name
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what it starts in the background ignore it,
for name in ("SIGQUIT", "SIGHUP"):  # and nohup these, too
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_DFL)

KERAS = (
    "models/from_keras",
    "models/autodiff/test_gradient_keras.py",
    "models/importing/test_import_keras.py",
    "models/training/data/test_augment.py",
    "models/training/distillation/test_distillation.py",
    "models/training/network",
    "models/training/test_calibrate.py",
    "models/training/test_refit.py",
    "models/training/test_train.py",
    "scripts/networks/test_export.py",
    "scripts/networks/test_taught.py",
    "scripts/networks/test_train.py",
    "scripts/networks/test_trained.py",
)
"""Folders and files whose tests need TensorFlow, or the libraries that come with it."""

SLOW = ("test_show.py", "test_soak.py", "test_takes.py")
"""Files whose tests run whole shows."""


if sys.platform == "win32":  # they import `pty` and `resource`, which only POSIX has
    collect_ignore = ["scripts/networks/test_export.py", "models/importing/test_fuzz.py", "test_takes.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Set the markers `keras`, `window` and `slow`, and skip tests that need TensorFlow if it is not installed."""
    missing = find_spec("tensorflow") is None
    for item in items:
        path = item.path.relative_to(Path(__file__).parent)
        if any(path.is_relative_to(each) for each in KERAS):
            item.add_marker("keras")
        if missing and item.get_closest_marker("keras"):
            item.add_marker(pytest.mark.skip(reason="TensorFlow is not installed; run: uv sync --extra train"))
        if "screen" in getattr(item, "fixturenames", ()):
            item.add_marker("window")
        if path.name in SLOW:
            item.add_marker("slow")


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty cache for the whole run, so that no test sees what the user has exported."""
    folder = tmp_path_factory.mktemp("cache")
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_CACHE_HOME", str(folder))
    patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    yield folder / "ventral"
    patch.undo()


@pytest.fixture(scope="session")
def assets() -> Path:
    """The folder with real `media` and `weights`; the test is skipped where there is none."""
    folder = os.environ.get("VENTRAL_TEST_ASSETS")
    if not folder:
        pytest.skip("VENTRAL_TEST_ASSETS is not set")
    return Path(folder)
