"""Opens the source of a show again after a loss: a camera may have got another number meanwhile."""

from dataclasses import replace

from realtime.capture.registry import open_source
from realtime.capture.source import Source, SourceOptions


class OpenSame:
    """Opens the source that `text` names, and later the same device; one thread at a time calls it."""

    def __init__(self, text: str, options: SourceOptions) -> None:
        self._text, self._options = text, options

    def __call__(self) -> Source:
        """Open the source; SourceError when that fails."""
        source = open_source(self._text, self._options)
        self._options = replace(self._options, device=source.device)
        return source
