"""A job in the background whose result is taken once."""

from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class BackgroundResult(Generic[T]):
    """At most one job at a time. The result of a job is taken once, and so is its error."""

    def __init__(self) -> None:
        self._future: Future[T] | None = None

    @property
    def idle(self) -> bool:
        """Whether no job is running and no result is left to take."""
        return self._future is None

    def send(self, future: Future[T]) -> None:
        """Take the result of this job from now on."""
        self._future = future

    def take(self) -> T | None:
        """The result of a job that has just finished, else None; raises the error of the job."""
        if self._future is None or not self._future.done():
            return None
        future, self._future = self._future, None
        return future.result()
