"""Open the graph of a GraphSpec, and run it once where the show waits for it."""

import logging
from functools import cache, partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TypeAlias

from models.build.build import build, repair
from models.build.graph_spec import GraphSpec
from models.build.heads.ascent import AscentHead
from models.build.int8.fix_scales import fix_scales
from models.errors import VentralError
from models.graph.run_time_scales import SCALES_INPUT
from realtime.inference.ascent_session import AscentSession
from realtime.inference.int8_session import Int8Session, KnownScales, Scales
from realtime.inference.providers import CPU, Provider, Session

log = logging.getLogger(__name__)


OpenSession: TypeAlias = Session | Int8Session | AscentSession


def open_session(
    spec: GraphSpec, provider: Provider, *, background: bool = False, threads: int | None = None
) -> OpenSession:
    """Build the graph, open it and run it once; damaged files of the cache are rebuilt.

    In the `background` of a show, a graph that the show does not wait for gets one thread, and its first run on the CPU
    is its first use: a gradient step takes a second, and hundreds of megabytes, which others need meanwhile.
    """
    patient = background and not spec.head.waits
    opened = partial(_open, spec, provider, 1 if patient else threads, warm=not patient or provider.name != CPU.name)
    try:
        return opened()
    except VentralError:
        raise
    except Exception as error:
        readable = not isinstance(error, (OSError, ValueError))
        if (readable and provider.name != CPU.name) or not repair(spec):
            raise
        log.warning("the cache of %s was damaged; rebuilding it", spec.network.info.name)
        return opened()


def _open(spec: GraphSpec, provider: Provider, threads: int | None, *, warm: bool) -> OpenSession:
    path = build(spec)
    session = Session(path, provider, threads=threads, precision=spec.precision)
    if warm:
        session.warm_up()
    if isinstance(spec.head, AscentHead):
        return AscentSession(session)
    if SCALES_INPUT not in session.inputs:
        return session
    return Int8Session(session, _known_scales(spec.network.digest), partial(_open_fixed, path, provider, threads))


def _open_fixed(graph: Path, provider: Provider, threads: int | None, scales: Scales) -> Session:
    """The graph with constant scales, from a file beside the weights that it names."""
    with NamedTemporaryFile(dir=graph.parent, suffix=".onnx", delete=False) as file:
        file.write(fix_scales(graph, scales))
    try:
        session = Session(Path(file.name), provider, threads=threads)
    finally:
        Path(file.name).unlink()
    session.warm_up()
    return session


@cache
def _known_scales(digest: str) -> KnownScales:
    """What the graphs of a network share."""
    return {}
