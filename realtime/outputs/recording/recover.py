"""Recovery of recordings that a killed process left unfinished."""

from contextlib import suppress
from pathlib import Path

from models.errors import OutputError
from realtime.outputs.recording.ffmpeg import duration
from realtime.outputs.recording.paths import MARK, PartialFile, numbered

MIN_VIDEO = 100_000
"""An unreadable partial file below so many bytes never held a second of video; a larger one is left alone."""


def recover(folder: Path) -> list[Path]:
    """Publish the partial files of killed processes, each as a new .mp4; files still being written stay."""
    partial = [path for path in sorted(folder.glob(f"*{MARK}.*")) if path.suffix in (".mp4", ".gif")]
    return [saved for path in partial if (saved := _recover(path)) is not None]


def _recover(partial: Path) -> Path | None:
    final = partial.with_name(Path(partial.stem).stem + partial.suffix)
    with suppress(OutputError):
        file = PartialFile(final)
        if file.locked and partial.suffix == ".mp4" and duration(partial):
            return file.publish(numbered(final, Path.exists))
        if file.locked and (partial.suffix == ".gif" or partial.stat().st_size < MIN_VIDEO):
            file.discard()
        file.leave()
    return None
