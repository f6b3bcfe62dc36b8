"""The last seconds as an MP4 file, from the packets in memory: a minute takes less than a second."""

from collections.abc import Callable
from pathlib import Path

import av

from models.errors import OutputError
from models.files import output_errors
from realtime.outputs.recording.drafts.draft import Draft
from realtime.outputs.recording.film_job import FilmJob
from realtime.outputs.replay.clip import Clip
from realtime.outputs.replay.packets import write_mp4


class SavedReplay(FilmJob):
    """Writes a clip to an MP4 file, with a `text` as its comment."""

    def __init__(self, path: Path, clip: Clip, *, done: Callable[[FilmJob], None], text: str = "") -> None:
        super().__init__(path, done)
        self._clip, self._text = clip, text

    @property
    def seconds(self) -> float:
        """The length of the clip."""
        return self._clip.seconds

    @property
    def note(self) -> str:
        """What there is to know of the finished file."""
        renamed = self.saved and self.path != self.requested
        return f"as another program has written {self.requested.name}" if renamed else ""

    def _write(self) -> None:
        draft = Draft(self.path)
        try:
            with output_errors(self.path):
                write_mp4(self._clip, draft.part, self._text)
        except av.FFmpegError as error:
            draft.discard()
            raise OutputError(f"{self.path} was not written: {error.strerror}") from error
        except BaseException:
            draft.discard()
            raise
        self.path = draft.publish()
        self.saved = True
