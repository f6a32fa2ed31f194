"""What this machine keeps goes into an archive while votes go on, and comes back whole or not at all."""

import hashlib
import os
import shutil
import sqlite3
import stat
import threading
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chalicelib.drafts import Draft
from chalicelib.store import Slot, SQLiteStore, Vote
from chalicelib.submission_store import SQLiteSubmissions

from awards.ballot import BallotPaper
from awards.errors import PingxuanError
from awards.model import VotingRule, Window
from desk.backup import backup, restore

STORE, SUBMISSIONS = "votes.sqlite", "submissions.sqlite"
OPEN = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC))
RULE = VotingRule("address", "day", 1, None, None, 1, 1, None, False, (), OPEN, "UTC")  # noqa: FBT003 as the record has it
PAPER = BallotPaper("trial", 1, "Trial", "en", RULE, {"c1": "a"}, frozenset())


def cast(store: SQLiteStore, voter: int) -> bool:
    subject = hashlib.sha256(str(voter).encode()).digest()[:16]
    vote = Vote(f"{voter:032x}", ("c1",), f"id{voter}", "2026-01-01")
    return store.cast(PAPER, Slot("trial", "2026-01-01", subject), vote)[0]


def votes_in(var: Path) -> list[int]:
    with closing(sqlite3.connect(var / STORE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [row[0] for row in db.execute("SELECT id FROM votes ORDER BY id")]


def unpacked(archive: Path, to: Path) -> Path:
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(to)
    return to / "var"


@pytest.fixture
def var(tmp_path):
    """A var/ with ten votes in a store that nobody has open."""
    folder = tmp_path / "var"
    store = SQLiteStore(folder / STORE)
    assert all(cast(store, voter) for voter in range(10))
    store.close()
    (folder / "public" / "trial").mkdir(parents=True)
    (folder / "public" / "trial" / "tally.json").write_text('{"cast":10}')
    return folder


def pack(archive: Path, name: str, content: bytes, mode: int = stat.S_IFREG | 0o600) -> Path:
    with zipfile.ZipFile(archive, "w") as packed:
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        packed.writestr(member, content)
    return archive


def test_a_backup_under_load_is_one_moment_and_loses_no_vote_before_it(var, tmp_path):
    store, stop, cast_by = SQLiteStore(var / STORE), threading.Event(), [[] for _ in range(4)]

    def keep_voting(mine: list[int], first: int) -> None:
        voter = first
        while not stop.is_set():
            if cast(store, voter):
                mine.append(voter)
            voter += 1

    threads = [threading.Thread(target=keep_voting, args=(mine, (at + 1) * 10**6)) for at, mine in enumerate(cast_by)]
    for thread in threads:
        thread.start()
    copies = []
    for number in range(5):
        before = sum(map(len, cast_by)) + 10
        archive = backup(var, tmp_path / f"{number}.zip")
        after = sum(map(len, cast_by)) + 10 + len(threads)  # a vote may be written and not yet noted
        copies.append((before, votes_in(unpacked(archive, tmp_path / f"copy{number}")), after))
    stop.set()
    for thread in threads:
        thread.join()
    store.close()
    total = sum(map(len, cast_by)) + 10
    assert len(votes_in(var)) == total
    for before, found, after in copies:
        assert found == list(range(1, len(found) + 1))
        assert before <= len(found) <= after
    assert copies[-1][0] > 10, "nobody voted meanwhile: the test shows nothing"


def test_an_archive_is_for_its_owner_only_and_leaves_no_other_file(var, tmp_path):
    archive = backup(var, tmp_path / "a.zip")
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "var"]


def test_what_a_build_makes_anew_is_left_out(var, tmp_path):
    for name in ("site/index.html", "cache/pages.sqlite"):
        (var / name).parent.mkdir()
        (var / name).write_text("made anew")
    copy = unpacked(backup(var, tmp_path / "a.zip"), tmp_path / "copy")
    files = sorted(str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file())
    assert files == ["public/trial/tally.json", STORE]


def test_a_folder_gets_a_dated_archive(var, tmp_path):
    (tmp_path / "archives").mkdir()
    archive = backup(var, tmp_path / "archives")
    assert archive.parent == tmp_path / "archives"
    assert archive.name.startswith("pingxuan-20")


def test_an_archive_is_never_overwritten(var, tmp_path):
    (tmp_path / "a.zip").write_text("old")
    with pytest.raises(PingxuanError, match="exists"):
        backup(var, tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_text() == "old"


def test_a_backup_goes_outside_of_what_it_backs_up(var):
    with pytest.raises(PingxuanError, match="inside"):
        backup(var, var / "a.zip")


def test_without_a_database_there_is_nothing_to_back_up(tmp_path):
    with pytest.raises(PingxuanError, match="no database"):
        backup(tmp_path, tmp_path / "a.zip")


def test_what_was_backed_up_comes_back_and_takes_votes_again(var, tmp_path):
    archive = backup(var, tmp_path / "a.zip")
    shutil.rmtree(var)
    assert restore(archive, var) is None
    assert votes_in(var) == list(range(1, 11))
    assert (var / "public" / "trial" / "tally.json").read_text() == '{"cast":10}'
    store = SQLiteStore(var / STORE)
    assert (cast(store, 3), cast(store, 99)) == (False, True)
    store.close()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (var, var / STORE)] == [0o700, 0o600]


def test_what_stood_there_is_moved_aside_never_deleted(var, tmp_path):
    archive = backup(var, tmp_path / "a.zip")
    store = SQLiteStore(var / STORE)
    cast(store, 99)
    store.close()
    aside = restore(archive, var)
    assert aside is not None
    assert aside.name.startswith("var.before-20")
    assert (len(votes_in(aside)), len(votes_in(var))) == (11, 10)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "var", aside.name]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_what_root_restores_belongs_to_who_owned_the_folder(var, tmp_path):
    archive = backup(var, tmp_path / "a.zip")
    os.chown(var, 12345, 12346)
    restore(archive, var)
    owners = {(path.stat().st_uid, path.stat().st_gid) for path in (var, *var.rglob("*"))}
    assert owners == {(12345, 12346)}


def test_an_empty_folder_needs_no_moving(var, tmp_path):
    archive = backup(var, tmp_path / "a.zip")
    (tmp_path / "new").mkdir()
    assert restore(archive, tmp_path / "new") is None
    assert len(votes_in(tmp_path / "new")) == 10


def test_a_store_that_a_server_has_open_is_not_replaced(var, tmp_path):
    archive = backup(var, tmp_path / "a.zip")
    store = SQLiteStore(var / STORE)
    assert cast(store, 99)
    with pytest.raises(PingxuanError, match="in use") as raised:
        restore(archive, var)
    assert "Stop the server" in raised.value.advice
    assert cast(store, 100)
    store.close()
    assert len(votes_in(var)) == 12
    assert restore(archive, var) is not None


@pytest.fixture
def entries(tmp_path):
    """A var/ of an edition without voting: one number given, one file uploaded. The folder and its open store."""
    folder = tmp_path / "entries"
    store = SQLiteSubmissions(folder / SUBMISSIONS)
    assert store.next_number("trial") == 1
    (folder / "uploads").mkdir()
    (folder / "uploads" / "a").write_bytes(b"a file")
    yield folder, store
    store.close()


def test_submissions_without_any_vote_come_back_with_their_files(entries, tmp_path):
    folder, store = entries
    archive = backup(folder, tmp_path / "a.zip")
    store.close()
    shutil.rmtree(folder)
    assert restore(archive, folder) is None
    assert (folder / "uploads" / "a").read_bytes() == b"a file"
    assert store.next_number("trial") == 2


def test_a_backup_while_entrants_upload_holds_every_file_that_a_draft_in_it_names(entries, tmp_path):
    folder, store = entries
    stop, made = threading.Event(), []

    def keep_uploading() -> None:
        while not stop.is_set():
            name = f"{len(made):016x}"
            (folder / "uploads" / name).write_bytes(b"a file")
            made.append(store.create(Draft("trial", name, "t" * 64, "entrant@example.org", "en")))

    with (folder / "uploads" / "large").open("wb") as file:
        file.truncate(30_000_000)  # it takes a while to copy
    entrant = threading.Thread(target=keep_uploading)
    entrant.start()
    copies = [unpacked(backup(folder, tmp_path / f"{at}.zip"), tmp_path / f"copy{at}") for at in range(2)]
    stop.set()
    entrant.join()
    for copy in copies:
        drafts = {each.draft for each in SQLiteSubmissions(copy / SUBMISSIONS).drafts("trial")}
        assert drafts <= {path.name for path in (copy / "uploads").iterdir()}
    assert len(drafts) > 10, "nobody uploaded meanwhile: the test shows nothing"


def test_no_database_that_a_server_has_open_is_replaced(entries, tmp_path):
    folder, store = entries
    SQLiteStore(folder / STORE).close()  # beside it, a store that nobody has open
    archive = backup(folder, tmp_path / "a.zip")
    with pytest.raises(PingxuanError, match=r"submissions\.sqlite is in use"):
        restore(archive, folder)
    assert store.next_number("trial") == 2
    store.close()
    assert restore(archive, folder) is not None


def test_a_broken_store_is_a_reason_to_restore(var, tmp_path):
    archive = backup(var, tmp_path / "a.zip")
    (var / STORE).write_bytes(b"no database" * 1000)
    assert restore(archive, var) is not None
    assert len(votes_in(var)) == 10


def cut_short(archive: Path, tmp_path: Path) -> Path:
    content = archive.read_bytes()
    archive.write_bytes(content[: len(content) // 2])
    return archive


def with_a_flipped_byte(archive: Path, tmp_path: Path) -> Path:
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 0xFF
    archive.write_bytes(content)
    return archive


def of_something_else(archive: Path, tmp_path: Path) -> Path:
    return pack(archive, "var/readme.txt", b"hello")


def that_leaves_its_folder(archive: Path, tmp_path: Path) -> Path:
    return pack(archive, "../escaped", b"boo")


def with_a_link_to_elsewhere(archive: Path, tmp_path: Path) -> Path:
    return pack(archive, f"var/{STORE}", b"/etc/passwd", stat.S_IFLNK | 0o777)


def with_a_damaged_store(archive: Path, tmp_path: Path) -> Path:
    store = bytearray((tmp_path / "var" / STORE).read_bytes())
    store[4096:] = os.urandom(len(store) - 4096)
    return pack(archive, f"var/{STORE}", bytes(store))


def that_is_no_archive(archive: Path, tmp_path: Path) -> Path:
    archive.write_text("no archive")
    return archive


@pytest.mark.parametrize(
    "spoil",
    [
        cut_short,
        with_a_flipped_byte,
        of_something_else,
        that_leaves_its_folder,
        with_a_link_to_elsewhere,
        with_a_damaged_store,
        that_is_no_archive,
    ],
)
def test_a_bad_archive_is_refused_and_nothing_changes(var, tmp_path, spoil):
    archive = spoil(backup(var, tmp_path / "a.zip"), tmp_path)
    with pytest.raises(PingxuanError) as raised:
        restore(archive, var)
    assert raised.value.advice
    assert len(votes_in(var)) == 10
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "var"]


def test_an_archive_that_is_not_there_is_told(var, tmp_path):
    with pytest.raises(PingxuanError, match="No such file"):
        restore(tmp_path / "none.zip", var)
