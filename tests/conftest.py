"""What every test shares: a cache of its own, and the real pictures and weights where there are any."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import realtime  # noqa: F401, sets what OpenCV and ONNX Runtime read when they are imported
from tests.screen import screen

__all__ = ["screen"]


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty cache for the whole run, so that no test sees what the user has exported."""
    folder = tmp_path_factory.mktemp("cache")
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_CACHE_HOME", str(folder))
    yield folder / "ventral"
    patch.undo()


@pytest.fixture(scope="session")
def assets() -> Path:
    """The folder with real `media` and `weights`; the test is skipped where there is none."""
    folder = os.environ.get("VENTRAL_TEST_ASSETS")
    if not folder:
        pytest.skip("VENTRAL_TEST_ASSETS is not set")
    return Path(folder)
