"""A server with a network, and no proxies in between."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.models.fetching.mirror import Mirror
from tests.models.importing.nets import squeeze

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(scope="session")
def content() -> bytes:
    """A network with a thousand classes, like those of the zoo."""
    return bytes(squeeze(1000).SerializeToString())


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def mirror(content: bytes) -> Iterator[Mirror]:
    with Mirror(content) as server:
        yield server
