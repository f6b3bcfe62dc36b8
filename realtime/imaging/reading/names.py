"""Names of files as they can be shown: any bytes may be a name."""

import os
from pathlib import Path


def shown_name(path: Path, *, whole: bool = False) -> str:
    """The name of a file, or the `whole` path, with � for bytes that are no text and ? for line breaks."""
    text = os.fsencode(path if whole else path.name or path).decode(errors="replace")
    return "".join(letter if letter.isprintable() else "?" for letter in text)
