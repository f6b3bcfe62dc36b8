"""A progress bar for long work, on stderr, when that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress


@contextmanager
def progress(words: str, total: int) -> Iterator[Callable[[], None]]:
    """A progress bar on stderr, when that is a terminal; call what it gives after each of `total` steps."""
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(words, total=total)
        yield lambda: bar.advance(task)
