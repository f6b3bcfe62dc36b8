"""Recovery of recordings that a killed process left unfinished."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from models.errors import OutputError
from realtime.outputs.recording.drafts.draft import Draft
from realtime.outputs.recording.drafts.records import Record, records_in
from realtime.outputs.recording.ffmpeg import MIN_VIDEO, duration

CLUSTER = b"\x1f\x43\xb6\x75"  # what the first pictures of a Matroska file begin with


def _has_cluster(path: Path) -> bool:
    """Whether a Matroska file, which says its length only when it is whole, has any pictures."""
    with path.open("rb") as file:
        return CLUSTER in file.read(MIN_VIDEO)


PLAYS: dict[str, Callable[[Path], object]] = {".mp4": duration, ".take": _has_cluster}
"""The drafts that play although they are unfinished, if this is true of them."""


def recover(folder: Path) -> list[Path]:
    """Publish the drafts of killed processes, each as a new file; those still being written stay.

    The files that were asked for get their names first, before what was only on the way to others.
    """
    records = sorted(records_in(folder), key=lambda record: record.path != record.claim)
    return [saved for record in records if (saved := _recover(record)) is not None]


def _recover(record: Record) -> Path | None:
    with suppress(OutputError):
        draft = Draft.reopen(record)
        suffix, state = draft.part.suffix.lower(), os.lstat(draft.part)
        is_video = suffix in PLAYS
        published = state.st_nlink > 1  # the process was killed while it gave the file its name
        if is_video and not published and PLAYS[suffix](draft.part):
            return draft.publish()
        if published or not is_video or state.st_size < MIN_VIDEO:
            draft.discard()
        else:
            draft.leave()
    return None
