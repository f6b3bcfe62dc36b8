"""When the pictures of a film are shown, also where its times have gaps, run backwards or are missing."""

from dataclasses import dataclass

from av.video.frame import VideoFrame

JUMP = 10.0  # seconds between two pictures of a transport stream that are a break in its times; ffmpeg has the same
LONGEST = 600.0  # seconds from one picture to the next of any other film that are a break
BACK = 1.0  # seconds backwards that are a break in times, and no slip


@dataclass(slots=True, kw_only=True)
class Timeline:
    """Turns the times of frames into seconds after the start of the film, which never run backwards."""

    unit: float
    """seconds of one unit of the times in the file"""
    begin: float | None
    """the time in the file with which the film begins, its first sound included; None for that of the first picture"""
    length: float | None
    """seconds of the whole film, as the file says; None where it does not"""
    end: float | None
    """the time in the file with which the video ends; None where it is unknown"""
    period: float
    """seconds of a picture that says nothing else"""
    jumps: bool
    """whether times of this kind of file may jump"""
    _shown: float | None = None

    def start(self, frame: VideoFrame) -> float:
        """When a frame is shown, given in the order of the film."""
        before = self._shown or 0.0
        following = 0.0 if self._shown is None else before + self.period
        if frame.pts is None:
            self._shown = following
            return following
        time = frame.pts * self.unit
        if self.begin is None or self._breaks(before, time - self.begin):
            self.begin = time - following
        self._shown = max(time - self.begin, before)
        return self._shown

    def last_duration(self, frame: VideoFrame, start: float) -> float:
        """For how long a frame is shown if it is the last one: as it says, but not beyond the end of the video."""
        said = frame.duration * self.unit
        said = said if 0 < said < LONGEST else self.period
        if self.end is None or self.begin is None:
            return said
        return min(said, max(self.end - self.begin - start, self.period))

    def _breaks(self, before: float, start: float) -> bool:
        """Whether the times go on from `before` to `start` without meaning it."""
        pause = start - before
        beyond = self.length is not None and start > self.length + JUMP
        return start < before - BACK or pause > (JUMP if self.jumps or beyond else LONGEST)
