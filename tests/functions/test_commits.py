"""Writes that share a commit: each is durable before its caller hears of it, and none is lost, doubled or late."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from chalicelib.commits import Commits
from chalicelib.refused import UnavailableError
from halls import wait_until


class Disk:
    """A database whose commits a test holds up, fails and counts."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.execute("CREATE TABLE numbers (n INTEGER)")
        self.free = threading.Event()
        self.free.set()
        self.begun = self.commits = 0
        self.full = False

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        self.begun += 1
        self.db.execute("BEGIN")
        try:
            yield self.db
            assert self.free.wait(10)
            self.flush()
        except Exception:
            self.db.execute("ROLLBACK")
            raise
        self.commits += 1

    def flush(self) -> None:
        if self.full:
            raise UnavailableError("the disk is full", "make room")
        self.db.execute("COMMIT")

    def numbers(self) -> list[int]:
        return sorted(row[0] for row in self.db.execute("SELECT n FROM numbers"))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "numbers.sqlite")
    yield disk
    disk.db.close()


def put(commits: Commits, number: int) -> int:
    def work(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO numbers VALUES (?)", (number,))
        return number

    return commits.run(work)


def test_a_lone_write_is_committed_at_once(disk):
    assert put(Commits(disk.transaction, 1), 7) == 7
    assert (disk.numbers(), disk.commits) == ([7], 1)


def test_all_who_come_while_the_disk_is_busy_go_in_one_commit(disk):
    commits = Commits(disk.transaction, 10)
    disk.free.clear()
    with ThreadPoolExecutor(17) as pool:
        first = pool.submit(put, commits, 0)
        wait_until(lambda: disk.begun, "nobody leads")
        others = [pool.submit(put, commits, number) for number in range(1, 17)]
        wait_until(lambda: len(commits._waiting) == 16, "not all wait")
        assert not any(done.done() for done in (first, *others))
        disk.free.set()
        assert [done.result() for done in (first, *others)] == list(range(17))
    assert (disk.numbers(), disk.commits) == (list(range(17)), 2)


def test_a_thousand_writes_of_sixteen_threads_are_each_there_once_when_their_caller_hears_of_it(disk):
    commits = Commits(disk.transaction, 10)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda number: put(commits, number), range(1000))) == list(range(1000))
    assert disk.numbers() == list(range(1000))


def test_a_commit_that_fails_fails_for_all_in_it_and_the_next_succeeds(disk):
    commits = Commits(disk.transaction, 10)
    disk.free.clear()
    disk.full = True
    with ThreadPoolExecutor(8) as pool:
        tried = [pool.submit(put, commits, 0)]
        wait_until(lambda: disk.begun, "nobody leads")
        tried += [pool.submit(put, commits, number) for number in range(1, 8)]
        wait_until(lambda: len(commits._waiting) == 7, "not all wait")
        disk.free.set()
        errors = [done.exception() for done in tried]
    assert [str(error) for error in errors] == ["the disk is full"] * 8
    assert len(set(map(id, errors))) == 8  # nobody's error bears another's trace
    disk.full = False
    assert put(commits, 9) == 9
    assert disk.numbers() == [9]


def test_a_work_that_breaks_is_told_to_its_caller_and_writes_nothing(disk):
    commits = Commits(disk.transaction, 1)
    with pytest.raises(ZeroDivisionError):
        commits.run(lambda db: db.execute("INSERT INTO numbers VALUES (1)") and 1 / 0)
    assert disk.numbers() == []
    assert put(commits, 2) == 2


def test_who_waits_too_long_is_told_and_is_not_written_later(disk):
    commits = Commits(disk.transaction, 0.2)
    disk.free.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(put, commits, 0)
        wait_until(lambda: disk.begun, "nobody leads")
        with pytest.raises(UnavailableError, match="busy"):
            put(commits, 1)
        disk.free.set()
        assert first.result() == 0
    assert put(commits, 2) == 2
    assert disk.numbers() == [0, 2]
