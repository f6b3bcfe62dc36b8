"""The files that the command line names: recovered, checked, and after a restart under new names."""

import dataclasses
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from models.errors import OutputError
from realtime.outputs.recorder import MOST_FILMS
from realtime.outputs.recording.open_writer import check_film
from realtime.outputs.recording.paths import MIN_FREE_AT_START, check_writable, free_name
from realtime.outputs.recording.recover import recover
from realtime.outputs.window import Window
from realtime.show.kept_files.report import MADE_BY
from realtime.show.kept_files.resume import check_kept_values
from realtime.show.options import LiveOptions
from realtime.takes.take_file import SUFFIX

log = logging.getLogger(__name__)

LONGEST_REPORT = 100_000_000  # bytes


def prepare_files(options: LiveOptions) -> LiveOptions:
    """Recover what a killed show left behind; the options, with free names for what a restarted show records.

    Raises OutputError for files that cannot be written.
    """
    named = [*options.record, *options.record_window, *([options.log] if options.log is not None else [])]
    for folder in {options.folder, *(path.parent for path in named)}:
        if not folder.is_dir() and not options.restarted:
            raise OutputError(f"cannot write to {folder}: there is no such folder; create it or choose another")
        for path in recover(folder):
            log.warning("recovered %s from a show that was killed", path)
    if options.restarted:
        options = dataclasses.replace(
            options,
            resume=_if_possible(options.resume, check_kept_values),
            report=_if_possible(options.report, _check_report),
            record=tuple(map(free_name, options.record)),
            record_window=tuple(map(free_name, options.record_window)),
            log=free_name(options.log) if options.log is not None else None,
        )
    _check(options)
    return options


def _if_possible(path: Path | None, check: Callable[[Path], object]) -> Path | None:
    """A file that the show keeps, where it can be written: nobody is there to choose another one."""
    try:
        if path is not None:
            check(path)
    except OutputError as error:
        log.error("%s; the show goes on without it", error)
        return None
    return path


def _check_report(path: Path) -> None:
    """Raise OutputError for a report that cannot be written, or would replace anything but an earlier one."""
    check_writable(path, force=_is_report(path), suffixes=(".json",), room=0)


def _check(options: LiveOptions) -> None:
    recordings = [*options.record, *options.record_window]
    room = 0 if options.restarted else MIN_FREE_AT_START  # a restarted show waits for a disk, and for room on it
    for path in recordings:
        if path.parent.is_dir() or not options.restarted:
            check_film(path, force=options.force, room=room)
    if len(recordings) > MOST_FILMS:
        raise OutputError(f"a show records to {MOST_FILMS} files at once, but {len(recordings)} are named")
    if len({path.parent.resolve() / path.name for path in recordings}) < len(recordings):
        raise OutputError("two recordings have the same name; each needs one of its own")
    if options.record_window and Window.name not in options.sink:
        raise OutputError("--record-window records the window, but --sink none opens none; use --record")
    if options.log is not None and (options.log.parent.is_dir() or not options.restarted):
        check_writable(options.log, force=options.force, suffixes=(SUFFIX,), room=room)
    if options.report is not None:
        force = options.force or options.restarted
        check_writable(options.report, force=force, suffixes=(".json",), room=0)
    if options.resume is not None:
        check_kept_values(options.resume)


def _is_report(path: Path) -> bool:
    """Whether a file is the report of an earlier show."""
    with suppress(OSError, ValueError, RecursionError):
        content = json.loads(path.read_bytes()) if path.is_file() and path.stat().st_size < LONGEST_REPORT else None
        return isinstance(content, dict) and MADE_BY in content
    return False
