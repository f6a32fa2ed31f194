"""The single machine whose disk is full or read-only: voters are told, nothing is lost, and nobody needs to help.

When the disk is well again, the same vote is taken by the same server. (A locked database is test_serve.py's.)
"""

import os
import resource
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from chalicelib.objects import Folder
from chalicelib.refused import UnavailableError
from chalicelib.sealer import on_this_machine
from chalicelib.store import SQLiteStore
from halls import wait_until
from sealing import cast as cast_in
from sealing import published
from serving import Answer, Hall
from voters import NOON, put

from desk.verifying import verify

SIZE = 4 * 1024 * 1024  # bytes of the small disk


class SmallDisk:
    """A file system of its own, in memory, which may be full or read-only as any; to mount one needs root.

    Both kinds of trouble: fill() ends all room of a running server, free() gives it back; only() leaves some to us.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def fill(self, _: Hall | None = None) -> None:
        with self._filler.open("ab", buffering=0) as file:
            for size in (65536, 4096, 1):
                while self._written(file, b"x" * size):
                    pass

    @staticmethod
    def _written(file, data: bytes) -> bool:
        try:
            return file.write(data) == len(data)
        except OSError:
            return False

    def free(self, _: Hall | None = None) -> None:
        self._filler.unlink()

    @contextmanager
    def only(self, room: int) -> Iterator[None]:
        self.fill()
        os.truncate(self._filler, self._filler.stat().st_size // 4096 * 4096 - room)
        yield
        self.free()

    def protect(self) -> None:
        """Read-only from here on; a process that was killed may hold its files for a moment."""
        wait_until(lambda: self._remounted("ro"))

    def allow(self) -> None:
        assert self._remounted("rw")

    def _remounted(self, how: str) -> bool:
        remount = ["mount", "-o", f"remount,{how}", self.path]
        return subprocess.run(remount, check=False, capture_output=True).returncode == 0


class Rights:
    """Files that may not be written: immutable where one may make them so, which binds open ones too; else by mode.

    Not -shm, which is mapped into memory: to write to the map of an immutable file ends the process (SIGBUS).
    """

    def __init__(self, path: Path) -> None:
        self._folder = path
        self._files = [path / "votes.sqlite", path / "votes.sqlite-wal"]
        self.binds_open_files = False

    def protect(self) -> None:
        self._chmod(0o500, 0o400)
        self.binds_open_files = self._chattr("+i")
        if not self.binds_open_files and os.access(self._files[0], os.W_OK):
            pytest.skip("this file system has no immutable files, and modes do not bind who runs this")

    def allow(self) -> None:
        self._chattr("-i")
        self._chmod(0o700, 0o600)

    def _chmod(self, folder: int, file: int) -> None:
        self._folder.chmod(folder)
        for path in self._files:
            path.chmod(file)

    def _chattr(self, change: str) -> bool:
        return subprocess.run(["chattr", change, *self._files], check=False, capture_output=True).returncode == 0


class FileLimit:
    """A limit to the size of the files that the running server, or this process, writes: needs no right."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self, hall: Hall) -> None:
        self._limit(hall, (self.path / "votes.sqlite-wal").stat().st_size + 30_000)

    def free(self, hall: Hall) -> None:
        self._limit(hall, resource.RLIM_INFINITY)

    @contextmanager
    def only(self, room: int) -> Iterator[None]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
        yield
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    @staticmethod
    def _limit(hall: Hall, size: int) -> None:
        worker = int(subprocess.check_output(["pgrep", "-P", str(hall.process.pid)]).split()[0])
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[SmallDisk]:
    path = tmp_path / "var"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "pingxuan-test", path]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only who may mount can make a small disk; the limit on the size of files is tried everywhere")
    yield SmallDisk(path)
    subprocess.run(["umount", "--lazy", path], check=True)


@pytest.fixture
def limited(tmp_path: Path) -> FileLimit:
    return FileLimit(tmp_path / "var")


@pytest.fixture(params=["mounted", "limited"])
def disk(request: pytest.FixtureRequest) -> SmallDisk | FileLimit:
    return request.getfixturevalue(request.param)


def started(folder: Path, port: int) -> Hall:
    hall = Hall(folder, port)
    hall.store.close()
    return hall


@pytest.fixture
def hall(disk, tmp_path: Path, free_port: int) -> Iterator[Hall]:
    """A server on the disk; it ends before the disk does."""
    hall = started(tmp_path, free_port).start()
    yield hall
    hall.kill()


@pytest.fixture
def mounted_hall(mounted, tmp_path: Path, free_port: int) -> Iterator[Hall]:
    hall = started(tmp_path, free_port)
    yield hall
    hall.kill()


def is_unavailable(answer: Answer) -> bool:
    """Whether a vote was answered so that the page sends it again."""
    if answer.status in (200, 201):
        return False
    assert (answer.status, answer.json()["code"]) == (503, "unavailable"), answer
    assert int(answer.headers["retry-after"]) > 0
    return True


def case_of(number: int) -> str:
    return f"c{number % 2 + 1}"


def cast(hall: Hall, number: int) -> Answer:
    return hall.vote(case_of(number), f"ballot {number}", number + 1)


def vote_until_unavailable(hall: Hall, told: dict[int, str]) -> int:
    """The ballot that is refused for want of room; those before it are told."""
    number = len(told)
    while not is_unavailable(answer := cast(hall, number)):
        told[number] = answer.json()["receipt"]["id"]
        number += 1
        assert number < 250, "the disk is not full"
    return number


def until_taken(hall: Hall, told: dict[int, str], number: int) -> None:
    """The ballot that was refused is sent again and again."""

    def is_taken() -> bool:
        answer = cast(hall, number)
        if not is_unavailable(answer):
            told[number] = answer.json()["receipt"]["id"]
        return number in told

    wait_until(is_taken)


def all_is_counted(hall: Hall, told: dict[int, str]) -> None:
    """Each vote that was told of, once, in store, tally and ledger; and no other."""
    counts = Counter(map(case_of, told))
    wait_until(lambda: hall.counts() == counts)
    store = SQLiteStore(hall.folder / "var" / "votes.sqlite")
    assert sorted(vote.id for vote in store.sweep("qd")) == sorted(told.values())
    store.close()
    assert nothing_half_published(hall.folder / "var" / "public")


def nothing_half_published(public: Path) -> bool:
    return not (public / "qd" / "tally.json").exists() or verify(Folder(public), "qd").differences == []


def test_on_a_full_disk_a_vote_is_unavailable_and_once_there_is_room_it_is_taken(hall, disk):
    told: dict[int, str] = {}
    for number in range(3):
        told[number] = cast(hall, number).json()["receipt"]["id"]
    wait_until(lambda: sum(hall.counts().values()) == 3)
    disk.fill(hall)
    refused = vote_until_unavailable(hall, told)
    assert all(is_unavailable(cast(hall, refused)) for _ in range(3))
    assert (hall.get("/").status, hall.get("/qd/tally.json").status) == (200, 200)
    assert cast(hall, 0).json()["receipt"]["id"] == told[0]  # a repeat needs no room
    assert nothing_half_published(hall.folder / "var" / "public")
    disk.free(hall)
    until_taken(hall, told, refused)
    all_is_counted(hall, told)
    assert "Traceback" not in (hall.folder / "output").read_text()


def test_a_server_killed_on_a_full_disk_has_every_vote_when_there_is_room(mounted, mounted_hall):
    hall, told = mounted_hall.start(), {}
    told[0] = cast(hall, 0).json()["receipt"]["id"]
    mounted.fill()
    refused = vote_until_unavailable(hall, told)
    hall.kill()
    hall.start()
    assert hall.get("/").status == 200
    is_unavailable(cast(hall, refused))
    mounted.free()
    until_taken(hall, told, refused)
    all_is_counted(hall, told)


@pytest.mark.parametrize("mechanism", ["mounted", "rights"])
def test_on_a_read_only_disk_a_vote_is_unavailable_and_then_it_is_taken(mechanism, request, tmp_path, free_port):
    disk = request.getfixturevalue("mounted") if mechanism == "mounted" else Rights(tmp_path / "var")
    hall, told = started(tmp_path, free_port).start(), {}
    try:
        for number in range(3):
            told[number] = cast(hall, number).json()["receipt"]["id"]
        wait_until(lambda: sum(hall.counts().values()) == 3)
        hall.kill()
        disk.protect()
        hall.start()
        assert is_unavailable(cast(hall, 3))
        assert (hall.get("/").status, sum(hall.counts().values())) == (200, 3)
        disk.allow()
        until_taken(hall, told, 3)
        all_is_counted(hall, told)
    finally:
        disk.allow()
        hall.kill()


def test_a_database_that_becomes_immutable_under_the_server_refuses_votes_until_it_is_writable(tmp_path, free_port):
    hall, told, disk = started(tmp_path, free_port).start(), {}, Rights(tmp_path / "var")
    try:
        told[0] = cast(hall, 0).json()["receipt"]["id"]
        disk.protect()
        if not disk.binds_open_files:
            pytest.skip("only root can forbid writing to a file that is open")
        assert is_unavailable(cast(hall, 1))
        disk.allow()
        until_taken(hall, told, 1)
        all_is_counted(hall, told)
    finally:
        disk.allow()
        hall.kill()


def test_a_sealer_without_room_publishes_nothing_by_halves_and_goes_on_when_there_is(disk, store):
    public = disk.path / "public"
    sealer = on_this_machine(store, public)
    cast_in(store, 3)
    sealer.seal(NOON)
    cast_in(store, 600, start=10)
    while sealer.count(NOON):
        pass
    failed = 0
    for room in range(0, 100_000, 4096):
        with disk.only(room):
            try:
                sealer.seal(NOON)
            except OSError:
                failed += 1
        assert nothing_half_published(public)
        assert published(public)["cast"] in (3, 603)
    assert failed > 0
    sealer.seal(NOON)
    assert (published(public)["cast"], verify(Folder(public), "qd").differences) == (603, [])


def test_a_sealer_whose_store_has_no_room_counts_nothing_and_goes_on_when_there_is(mounted, tmp_path):
    store, public = SQLiteStore(mounted.path / "votes.sqlite"), tmp_path / "public"
    put(store)
    sealer = on_this_machine(store, public)
    cast_in(store, 50)
    sealer.seal(NOON)
    cast_in(store, 50, start=100)
    failed = 0
    for room in range(0, 65536, 4096):
        with mounted.only(room):
            try:
                sealer.seal(NOON)
            except UnavailableError:
                failed += 1
        assert nothing_half_published(public)
    assert failed > 0
    sealer.seal(NOON)
    assert (published(public)["cast"], nothing_half_published(public)) == (100, True)
    store.close()
