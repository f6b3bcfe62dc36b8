"""Open the graph of a GraphSpec and run it once."""

from __future__ import annotations

import logging

from models.build.build import build, mend
from models.errors import VentralError
from models.spec import DreamHead, GradcamHead, GraphSpec, ScoresHead
from realtime.inference.providers import Provider, Session

log = logging.getLogger(__name__)

IN_BACKGROUND = (ScoresHead, DreamHead, GradcamHead)
"""The heads for which a show does not wait."""


def open_session(spec: GraphSpec, provider: Provider, *, background: bool = False) -> Session:
    """Build the graph, open it and run it once; damaged files of the cache are made anew.

    A graph that runs in the `background` of a show gets one core.
    """
    threads = 1 if background and isinstance(spec.head, IN_BACKGROUND) else None
    try:
        return _open(spec, provider, threads)
    except VentralError:
        raise
    except Exception:
        if provider.name != "CPU" or not mend(spec):
            raise
        log.warning("the cache of %s was damaged and is made anew", spec.network.info.name)
        return _open(spec, provider, threads)


def _open(spec: GraphSpec, provider: Provider, threads: int | None) -> Session:
    session = Session(build(spec), provider, threads=threads)
    session.warm_up()
    return session
