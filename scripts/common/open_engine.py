"""The engine of an offline command."""

from collections.abc import Iterator
from contextlib import contextmanager

from models.spec import ModelInfo
from realtime.inference.engine import Engine
from realtime.inference.providers import choose
from realtime.show.options import NetworkOptions
from realtime.show.setup import announce


@contextmanager
def open_engine(options: NetworkOptions, info: ModelInfo) -> Iterator[Engine]:
    """A patient engine on the provider of `options`; it warns of an untrained network or a missing GPU."""
    with Engine(choose(options.provider), patient=True) as engine:
        announce(info, engine.provider)
        yield engine
