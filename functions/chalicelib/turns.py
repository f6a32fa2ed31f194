"""Turns at something that takes long: so many at once, a few who wait, and nobody else.

Knows places; refuses to know what is done in them. Who waits holds a thread of the server, which has only so many: so
waiting is bounded in number as in time, or those who wait would keep everybody else out.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.refused import UnavailableError


class Turns:
    """So many places. what: is done in them, for the operator's log. waiting: how many, and for how many seconds."""

    def __init__(self, what: str, at_once: int, waiting: int = 0, seconds: float = 0) -> None:
        self._what, self._seconds = what, seconds
        self._inside = threading.BoundedSemaphore(at_once + waiting)
        self._places = threading.BoundedSemaphore(at_once)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One's turn. Raises UnavailableError where it does not come."""
        if not self._inside.acquire(blocking=False):
            raise self._later()
        try:
            if not self._places.acquire(timeout=self._seconds):
                raise self._later()
            try:
                yield
            finally:
                self._places.release()
        finally:
            self._inside.release()

    def _later(self) -> UnavailableError:
        return UnavailableError(f"too many at once: {self._what}", "Nothing is to be done: the page tries again")
