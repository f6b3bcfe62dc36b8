"""Snapshots: the newest canvas as a PNG file, written in the background."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from models.errors import OutputError
from realtime.imaging.frame import Frame, Image
from realtime.outputs.output import Output
from realtime.outputs.recording.open_writer import open_writer
from realtime.outputs.recording.paths import check_writable, new_path
from realtime.threads.mailbox import Mailbox

log = logging.getLogger(__name__)


class SnapshotWriter(Output):
    """Saves canvases one by one, each to a new file in `folder`; `saved` is the newest that is whole.

    `text` gives the settings that are kept inside the file.
    """

    name = "snapshot"
    permanent = False

    def __init__(self, canvases: Mailbox[Frame], *, folder: Path, text: Callable[[], str] = str) -> None:
        super().__init__(canvases, (0, 0))
        self.saved: Path | None = None
        self._folder, self._text = folder, text
        self._writer = ThreadPoolExecutor(1, "stills")
        self._writing: dict[Path, Future[None]] = {}

    @property
    def state(self) -> str:
        """Whether it is writing, idle or failed."""
        return "writing" if self._busy() else super().state

    def save(self) -> Path:
        """Save the newest canvas; OutputError when there is none yet, or when the folder cannot be written."""
        frame = self._canvases.peek()
        if frame is None:
            raise OutputError("there is nothing to save yet: no canvas has been drawn")
        path = check_writable(new_path(self._folder, ".png", in_use=self._busy()), suffixes=(".png",))
        self.fault = ""
        self._writing[path] = self._writer.submit(self._write, path, frame.image, self._text())
        return path

    def finished(self, timeout: float) -> bool:
        """Wait until every file is written; whether that is so after `timeout` seconds."""
        return not wait(self._busy().values(), timeout).not_done

    def __exit__(self, *_: object) -> None:
        self._writer.shutdown()

    def _busy(self) -> dict[Path, Future[None]]:
        self._writing = {path: future for path, future in self._writing.items() if not future.done()}
        return self._writing

    def _write(self, path: Path, image: Image, text: str) -> None:
        try:
            with open_writer(path, fps=1.0, size_wh=image.shape[1::-1], text=text) as writer:
                writer.write(image)
            self.saved = path
            log.info("saved %s", path)
        except OutputError as error:
            self.fail(error)
