"""Many writes, one commit: who comes while the disk is busy waits, and goes with all others who wait in the next one.

A flush of the disk costs as much for thirty votes as for one. What this promises:

- run() returns after the commit that holds its write, and only then: what it returns is durable.
- Works of one commit run one after another, each on what those before it wrote; between them nothing else is written.
- A work runs in the context (contextvars) of who brought it, whichever thread leads.
- A commit that fails fails for all who are in it, with nothing written. A lone write waits for nobody.
- Who waits too long is told so, and is then not written.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import copy_context
from sqlite3 import Connection
from typing import Generic, TypeVar

from chalicelib.refused import UnavailableError

T = TypeVar("T")


class _Job(Generic[T]):
    """A write, by one thread. turn: held until it is done or leads. failed: None once it is committed."""

    def __init__(self, work: Callable[[Connection], T]) -> None:
        self.work = work
        self.context = copy_context()
        self.turn = threading.Lock()
        self.turn.acquire()
        self.leads = False
        self.result: T
        self.failed: BaseException | None = UnavailableError("a commit was broken off")

    def do(self, db: Connection) -> None:
        self.result = self.context.run(self.work, db)


class Commits:
    """The commits of one store. transaction: begins, and commits at its end. wait: seconds for a turn."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[Connection]], wait: float) -> None:
        self._transaction = transaction
        self._wait = wait
        self._gate = threading.Lock()  # held for moments only
        self._waiting: list[_Job[object]] = []
        self._led = False

    def run(self, work: Callable[[Connection], T]) -> T:
        """What the work returns, once it is committed."""
        job = _Job(work)
        with self._gate:
            self._waiting.append(job)  # type: ignore[arg-type]  # a list of jobs of any kind
            job.leads, self._led = not self._led, True
        if not job.leads:
            self._await(job)
        if job.leads:
            self._lead()
        if job.failed is None:
            return job.result
        if isinstance(job.failed, UnavailableError):
            raise UnavailableError(job.failed.message, job.failed.advice) from job.failed
        raise job.failed

    def _await(self, job: _Job[T]) -> None:
        """Wait until the job is done, or is to lead."""
        if job.turn.acquire(timeout=self._wait):
            return
        with self._gate:
            if not job.leads and job in self._waiting:
                self._waiting.remove(job)  # type: ignore[arg-type]  # as above
                raise UnavailableError("the vote store is busy", "Too many votes wait: see its disk")
        job.turn.acquire()  # somebody has it in hand

    def _lead(self) -> None:
        """Commit the works of all who wait by now."""
        with self._gate:
            batch, self._waiting = self._waiting, []
        try:
            with self._transaction() as db:
                for job in batch:
                    job.do(db)
            for job in batch:
                job.failed = None
        except Exception as error:  # noqa: BLE001 it is raised again by each
            for job in batch:
                job.failed = error
        finally:
            self._hand_over(batch)

    def _hand_over(self, batch: list[_Job[object]]) -> None:
        """Let the next one lead, if there is one; it starts while these answer."""
        with self._gate:
            following = self._waiting[0] if self._waiting else None
            self._led = following is not None
            if following is not None:
                following.leads = True
                following.turn.release()
        for job in batch:
            job.turn.release()
