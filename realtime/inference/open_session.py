"""Open the graph of a GraphSpec and run it once."""

import logging
from functools import cache

from models.build.build import build, repair
from models.build.graph_spec import GraphSpec
from models.build.int8.quantize import SCALES_INPUT
from models.errors import VentralError
from realtime.inference.int8_session import Int8Session, KnownScales
from realtime.inference.providers import Provider, Session

log = logging.getLogger(__name__)


def open_session(spec: GraphSpec, provider: Provider, *, background: bool = False) -> Session | Int8Session:
    """Build the graph, open it and run it once; damaged files of the cache are rebuilt.

    In the `background` of a show, a graph that the show does not wait for gets one thread.
    """
    threads = 1 if background and not spec.head.waits else None
    try:
        return _open(spec, provider, threads)
    except VentralError:
        raise
    except Exception:
        if provider.name != "CPU" or not repair(spec):
            raise
        log.warning("the cache of %s was damaged; rebuilding it", spec.network.info.name)
        return _open(spec, provider, threads)


def _open(spec: GraphSpec, provider: Provider, threads: int | None) -> Session | Int8Session:
    session = Session(build(spec), provider, threads=threads)
    session.warm_up()
    return Int8Session(session, _known_scales(spec.network.digest)) if SCALES_INPUT in session.inputs else session


@cache
def _known_scales(digest: str) -> KnownScales:
    """What the graphs of a network share."""
    return {}
