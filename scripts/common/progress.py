"""A progress bar on stderr, for terminals only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress


@contextmanager
def progress(text: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a progress bar if stderr is a terminal; call the yielded function after each of `total` steps."""
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(text, total=total)
        yield lambda: bar.advance(task)
