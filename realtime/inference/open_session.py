"""From a GraphSpec to a session that has run once."""

from __future__ import annotations

import logging

from models.build.build import build, mend
from models.errors import VentralError
from models.spec import DreamHead, GradcamHead, GraphSpec, ScoresHead
from realtime.inference.providers import Provider, Session

log = logging.getLogger(__name__)

BESIDE = (ScoresHead, DreamHead, GradcamHead)
"""The heads that a show does not wait for."""


def open_session(spec: GraphSpec, provider: Provider, *, beside: bool = False) -> Session:
    """Build the graph, open it, and run it once; what is damaged in the cache is made anew.

    What runs beside a show takes one core.
    """
    threads = 1 if beside and isinstance(spec.head, BESIDE) else None
    try:
        return _opened(spec, provider, threads)
    except VentralError:
        raise
    except Exception:
        if provider.name != "CPU" or not mend(spec):
            raise
        log.warning("the cache of %s was damaged, and is made anew", spec.network.info.name)
        return _opened(spec, provider, threads)


def _opened(spec: GraphSpec, provider: Provider, threads: int | None) -> Session:
    session = Session(build(spec), provider, threads=threads)
    session.warm_up()
    return session
