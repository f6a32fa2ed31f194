import contextlib
import hashlib
import json
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event, Thread

import dynamodb
import pytest
from chalicelib import publishing, reconciling, sealer
from chalicelib.counting import UNSEALED
from chalicelib.growth import Growth
from chalicelib.objects import Folder
from chalicelib.reconciling import Voiding
from chalicelib.sealer import Sealer, on_this_machine, seal
from chalicelib.store import SQLiteStore
from engines import needs
from sealing import AFTER, CLOSES, Deaf, cast, differences, entries, kinds, published
from voters import NOON, PAPER, Hands, h_of, put

from awards import ballot
from awards.errors import PingxuanError
from desk.verifying import verify


def test_the_first_seal_publishes_the_paper_and_counts_of_zero(store, tmp_path):
    seal(store, "qd", tmp_path, NOON)
    assert published(tmp_path, "ballot") == store.paper("qd")
    assert published(tmp_path) == {
        "edition": "qd",
        "version": 1,
        "as_of": "2020-08-24T12:00:00+08:00",
        "counts": {"c1": 0, "c2": 0},
        "cast": 0,
        "void": 0,
        "withdrawn": {"gone": 0},
        "paper": 1,
        "records": 2,  # the voting is open, with the key of its first day
    }


def test_votes_are_counted_once_however_often_one_seals(store, tmp_path):
    cast(store, 3)
    first = seal(store, "qd", tmp_path, NOON)
    cast(store, 2, "c2", start=10)
    again = [seal(store, "qd", tmp_path, NOON) for _ in range(3)]
    assert first["counts"] == {"c1": 3, "c2": 0}
    assert again == [published(tmp_path)] * 3
    assert (published(tmp_path)["counts"], published(tmp_path)["cast"]) == ({"c1": 3, "c2": 2}, 5)


def test_more_votes_than_one_batch_are_all_counted(store, tmp_path, monkeypatch):
    monkeypatch.setattr(sealer, "BATCH", 4)
    cast(store, 11)
    assert seal(store, "qd", tmp_path, NOON)["counts"]["c1"] == 11


def test_sealers_at_the_same_time_count_every_vote_once(store, tmp_path):
    stores = [SQLiteStore(tmp_path / "votes.sqlite") for _ in range(4)]
    with ThreadPoolExecutor(5) as pool:
        voting = pool.submit(cast, store, 200)
        list(pool.map(lambda number: seal(stores[number % 4], "qd", tmp_path, NOON), range(80)))
        voting.result()
    assert seal(store, "qd", tmp_path, NOON)["counts"]["c1"] == 200
    for each in stores:
        each.close()


def test_a_sealer_that_died_before_it_published_is_made_good(store, tmp_path):
    cast(store, 2)
    seal(store, "qd", tmp_path, NOON)
    bytes_then = (tmp_path / "qd" / "tally.json").read_bytes()
    (tmp_path / "qd" / "tally.json").write_text('{"version": 0}')
    (tmp_path / "qd" / "tally.new").write_text("half writt")
    seal(store, "qd", tmp_path, NOON)
    assert (tmp_path / "qd" / "tally.json").read_bytes() == bytes_then


@pytest.mark.parametrize(("seconds", "version"), [(59, 1), (60, 2), (-3600, 2)])
def test_figures_without_news_are_renewed_every_minute(store, tmp_path, seconds, version):
    seal(store, "qd", tmp_path, NOON)
    assert seal(store, "qd", tmp_path, NOON + timedelta(seconds=seconds))["version"] == version


def test_after_the_close_figures_are_renewed_once(store, tmp_path):
    seal(store, "qd", tmp_path, NOON)
    versions = [seal(store, "qd", tmp_path, NOON + timedelta(days=day))["version"] for day in (30, 31, 60)]
    assert versions == [2, 2, 2]


def test_before_the_opening_nothing_is_renewed(store, tmp_path):
    seal(store, "qd", tmp_path, NOON - timedelta(days=30))
    assert seal(store, "qd", tmp_path, NOON - timedelta(days=29))["version"] == 1


def test_the_votes_of_a_withdrawn_case_move(store, tmp_path):
    cast(store, 3)
    seal(store, "qd", tmp_path, NOON)
    put(store, version=2, withdrawn=("gone", "c1"))
    tally = seal(store, "qd", tmp_path, NOON)
    assert (tally["counts"], tally["withdrawn"], tally["cast"]) == ({"c2": 0}, {"c1": 3, "gone": 0}, 3)
    assert published(tmp_path, "ballot")["version"] == 2


def test_hidden_counts_are_shown_at_the_close_and_not_before(store, tmp_path, paper):
    put(store, version=2, hidden=True)
    cast(store, 3)
    tally = seal(store, "qd", tmp_path, paper.rule.window.closes - timedelta(seconds=1))
    assert (tally["counts"], tally["withdrawn"], tally["hidden"]) == ({}, {}, True)
    assert "c1" not in (tmp_path / "qd" / "tally.json").read_text()
    tally = seal(store, "qd", tmp_path, paper.rule.window.closes)
    assert tally["counts"] == {"c1": 3, "c2": 0}
    assert "hidden" not in tally


def test_an_edition_without_a_paper_is_not_sealed(store, tmp_path):
    with pytest.raises(PingxuanError, match="nowhere has no ballot paper"):
        seal(store, "nowhere", tmp_path, NOON)


def test_the_sealer_goes_on_after_a_fault_and_stops_when_told(store, tmp_path, monkeypatch):
    monkeypatch.setattr(sealer, "EVERY", 0.01)
    public, stop = tmp_path / "public", Event()
    public.write_text("in the way")
    running = Thread(target=sealer.run, args=(store, public, Hands(), stop))
    running.start()
    public.unlink()
    while not (public / "qd" / "tally.json").exists():
        stop.wait(0.01)
    stop.set()
    running.join(5)
    assert not running.is_alive()


def test_the_ledger_opens_with_the_voting_and_holds_each_vote_by_h(store, tmp_path):
    seal(store, "qd", tmp_path, NOON - timedelta(days=30))
    assert kinds(tmp_path) == []
    cast(store, 5)
    seal(store, "qd", tmp_path, NOON)
    said = entries(tmp_path)
    assert [says["k"] for says in said] == ["open", "key", *"vvvvv"]
    assert [says["h"] for says in said[2:]] == sorted(h_of(str(number)) for number in range(5))
    assert said[1]["key"] == hashlib.sha256(store.key("qd", "2020-08-24")).hexdigest()
    assert said[0]["paper"] == hashlib.sha256((tmp_path / "qd/ballot.json").read_bytes()).hexdigest()
    assert differences(tmp_path) == []


@pytest.fixture(params=["sqlite", pytest.param("dynamodb", marks=needs("dynamodb-local"))])
def either(request, tmp_path):
    """Each of the two stores in turn, with the paper in force."""
    store = SQLiteStore(tmp_path / "either.sqlite") if request.param == "sqlite" else dynamodb.Account().store()
    put(store)
    yield store
    store.close()


def test_the_key_of_tomorrow_is_there_before_its_first_vote_asks_for_it(either, tmp_path):
    sealer_ = Sealer(either, Folder(tmp_path / "kept"), Folder(tmp_path))
    sealer_.seal(NOON)
    tomorrow = either.key("qd", "2020-08-25")
    assert [either.key("qd", f"2020-08-{day}") is not None for day in (23, 24, 25, 26)] == [False, True, True, False]
    for again in (sealer_, Sealer(either, Folder(tmp_path / "kept"), Folder(tmp_path))):
        again.seal(NOON + timedelta(hours=11))
    assert either.make_key("qd", "2020-08-25") == tomorrow
    told = json.dumps(entries(tmp_path))
    assert ('"s": "2020-08-24"' in told, "2020-08-25" in told) == (True, False)  # its digest is told when it opens


@pytest.mark.parametrize(
    ("now", "ahead"),
    [
        (PAPER.rule.window.opens - timedelta(days=1, seconds=1), None),
        (PAPER.rule.window.opens - timedelta(days=1), "2020-08-22"),
        (CLOSES - timedelta(hours=25), "2020-08-31"),
        (CLOSES - timedelta(seconds=1), "2020-08-31"),
        (CLOSES, None),
    ],
)
def test_no_key_is_made_for_a_time_in_which_nobody_votes(now, ahead):
    assert Growth(UNSEALED, publishing.text_of(ballot.to_json(PAPER)), now).ahead == ahead


def test_a_day_that_ended_is_closed_by_a_record_and_the_next_day_s_key_is_told(store, tmp_path):
    cast(store, 3)
    for hours in (0, 11, 12, 12.02, 13, 36.02):
        seal(store, "qd", tmp_path, NOON + timedelta(hours=hours))
    said = [(says["k"], says["d"], says.get("n")) for says in entries(tmp_path)[5:]]
    assert said == [
        ("day", "2020-08-24", 3),
        ("key", "2020-08-25", None),
        ("day", "2020-08-25", 3),
        ("key", "2020-08-26", None),
    ]
    assert differences(tmp_path) == []


def test_after_the_last_day_no_day_is_closed(store, tmp_path):
    for days in range(1, 20):
        seal(store, "qd", tmp_path, NOON + timedelta(days=days))
    assert [says["d"] for says in entries(tmp_path) if says["k"] == "day"][-1] == "2020-08-31"


def test_a_changed_paper_is_recorded_and_both_stay_published(store, tmp_path):
    cast(store, 3)
    seal(store, "qd", tmp_path, NOON)
    put(store, version=2, withdrawn=("gone", "c1"))
    seal(store, "qd", tmp_path, NOON)
    assert (entries(tmp_path)[-1]["k"], entries(tmp_path)[-1]["n"]) == ("paper", 2)
    papers = [says["paper"] for says in entries(tmp_path) if "paper" in says]
    texts = [(tmp_path / "qd/ledger/paper" / f"{digest}.json").read_bytes() for digest in papers]
    assert [json.loads(text)["version"] for text in texts] == [1, 2]
    assert differences(tmp_path) == []


def test_bundles_and_tiles_fill_up_and_parts_of_them_give_way(store, tmp_path):
    for start in range(0, 600, 100):
        cast(store, 100, start=start)
        seal(store, "qd", tmp_path, NOON)
    names = sorted(path.name for path in (tmp_path / "qd/ledger/tile/entries").iterdir())
    assert names == ["000", "001", "002.p"]
    assert (len(entries(tmp_path)), differences(tmp_path)) == (602, [])


def test_while_counts_are_hidden_the_hashes_are_public_and_the_records_are_not(store, tmp_path):
    put(store, version=2, hidden=True)
    cast(store, 300)
    seal(store, "qd", tmp_path, NOON)
    seal(store, "qd", tmp_path, NOON + timedelta(days=1))
    public = tmp_path / "qd/ledger"
    assert sorted(path.name for path in (public / "tile").iterdir()) == ["0", "1"]
    assert (verify(Folder(tmp_path), "qd").hidden, differences(tmp_path)) == (True, [])
    seal(store, "qd", tmp_path, AFTER)
    assert (next(says["tally"] for says in entries(tmp_path) if says["k"] == "day"), differences(tmp_path)) == ("", [])
    assert seal(store, "qd", tmp_path, AFTER)["counts"]["c1"] == 300


def test_a_void_vote_stays_recorded_and_counts_no_more(store, tmp_path):
    cast(store, 3)
    cast(store, 2, "c2", start=10)
    sealer_ = on_this_machine(store, tmp_path)
    sealer_.seal(NOON)
    done = reconciling.void(sealer_, "qd", NOON, Voiding((2, 4), "R3", "ab" * 32))
    tally = published(tmp_path)
    assert len(done) == 2
    assert (sum(tally["counts"].values()), tally["cast"], tally["void"]) == (3, 5, 2)
    assert (kinds(tmp_path)[-2:], differences(tmp_path)) == (["void", "void"], [])
    with pytest.raises(PingxuanError, match="record 2 is void already"):
        reconciling.void(sealer_, "qd", NOON, Voiding((2,), "R3", "ab" * 32))
    with pytest.raises(PingxuanError, match="record 0 is no vote"):
        reconciling.void(sealer_, "qd", NOON, Voiding((3, 0), "R3", "ab" * 32))


def test_the_close_waits_for_the_last_vote_and_is_recorded_once(store, tmp_path):
    cast(store, 3)
    sealer_ = on_this_machine(store, tmp_path)
    with pytest.raises(PingxuanError, match="qd closes at 2020-08-31"):
        reconciling.close(sealer_, "qd", CLOSES + timedelta(seconds=59))
    for _ in range(2):
        reconciling.close(sealer_, "qd", AFTER)
    assert kinds(tmp_path).count("close") == 1
    assert (entries(tmp_path)[-1]["n"], differences(tmp_path)) == (3, [])


def test_what_the_feed_never_brought_is_reconciled_and_counted_once_when_it_comes(store, tmp_path):
    cast(store, 4)
    deaf = Deaf(tmp_path / "votes.sqlite")
    sealer_ = on_this_machine(deaf, tmp_path)
    assert [reconciling.reconcile(sealer_, "qd", NOON) for _ in range(2)] == [4, 0]
    assert len(deaf.position().early) == 4
    deaf.hears = True
    sealer_.seal(NOON)
    assert (deaf.position().early, published(tmp_path)["cast"], differences(tmp_path)) == (frozenset(), 4, [])
    deaf.close()


def test_a_vote_that_nobody_cast_is_found(store, tmp_path):
    cast(store, 4)
    sealer_ = on_this_machine(store, tmp_path)
    sealer_.seal(NOON)
    with sqlite3.connect(tmp_path / "votes.sqlite") as db:
        db.execute("DELETE FROM votes WHERE receipt = ?", (f"{0:016x}",))
    with pytest.raises(PingxuanError, match="1 ballots that nobody cast"):
        reconciling.reconcile(sealer_, "qd", NOON)
    with sqlite3.connect(tmp_path / "votes.sqlite") as db:
        db.execute("UPDATE votes SET cases = 'c2' WHERE receipt = ?", (f"{1:016x}",))
    with pytest.raises(PingxuanError, match="recorded otherwise than it is kept"):
        reconciling.reconcile(sealer_, "qd", NOON)
    db.close()


@pytest.mark.parametrize("lost", ["ledger", "ledger/tile/entries", "ledger/checkpoint"])
def test_what_is_lost_of_the_published_ledger_is_made_anew_byte_for_byte(store, tmp_path, lost):
    cast(store, 300)
    seal(store, "qd", tmp_path, NOON)
    before = {path: path.read_bytes() for path in (tmp_path / "qd").rglob("*") if path.is_file()}
    path = tmp_path / "qd" / lost
    path.unlink() if path.is_file() else shutil.rmtree(path)
    seal(store, "qd", tmp_path, NOON)
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("lost", ["tile/0", "tile/1", "tile/0/001.p/46", "tile/entries/001.p/46"])
def test_a_lost_edge_is_made_anew_when_the_ledger_is_continued(store, tmp_path, lost):
    cast(store, 300)
    seal(store, "qd", tmp_path, NOON)
    path = tmp_path / "qd/ledger" / lost
    path.write_bytes(b"no tile") if path.is_file() else shutil.rmtree(path)
    assert differences(tmp_path) != []
    cast(store, 1, start=300)
    seal(store, "qd", tmp_path, NOON)
    assert differences(tmp_path) == []


def test_a_ledger_that_is_ahead_of_the_store_is_never_overwritten(store, tmp_path):
    cast(store, 3)
    seal(store, "qd", tmp_path / "public", NOON)
    with contextlib.closing(sqlite3.connect(tmp_path / "older.sqlite")) as copy:
        store._connection().backup(copy)
    cast(store, 3, start=10)
    seal(store, "qd", tmp_path / "public", NOON)
    checkpoint = (tmp_path / "public/qd/ledger/checkpoint").read_bytes()
    older = SQLiteStore(tmp_path / "older.sqlite")
    with pytest.raises(PingxuanError, match="does not continue the published one"):
        seal(older, "qd", tmp_path / "public", NOON)
    cast(older, 9, start=20)
    with pytest.raises(PingxuanError, match="does not continue the published one"):
        seal(older, "qd", tmp_path / "public", NOON)
    assert (tmp_path / "public/qd/ledger/checkpoint").read_bytes() == checkpoint
    older.close()


class Mortal:
    """Passes calls on, and dies at one of them: before it, or after it was done."""

    def __init__(self, real, calls: list[int], fatal: int, *, late: bool) -> None:
        self._real, self._calls, self._fatal, self._late = real, calls, fatal, late

    def __getattr__(self, name: str):
        def call(*given):
            self._calls[0] += 1
            dies = self._calls[0] == self._fatal
            if dies and not self._late:
                raise KeyboardInterrupt
            answer = getattr(self._real, name)(*given)
            if dies:
                raise KeyboardInterrupt
            return answer

        return call


@pytest.mark.parametrize("late", [False, True])
def test_a_sealer_may_die_before_or_after_any_of_its_steps(store, tmp_path, late):
    """Again and again one dies, each time a step later; what it left is sound, and the next one makes good for it."""
    cast(store, 250)
    fatal, calls = 0, [1]
    while calls[0] >= fatal:
        fatal, calls = fatal + 1, [0]
        cast(store, 1, start=1000 + fatal)
        parts = [Mortal(part, calls, fatal, late=late) for part in (store, Folder(tmp_path))]
        with contextlib.suppress(KeyboardInterrupt):
            Sealer(parts[0], parts[0], parts[1]).seal(NOON)
        assert not (tmp_path / "qd/tally.json").exists() or differences(tmp_path) == []
        assert (seal(store, "qd", tmp_path, NOON)["cast"], differences(tmp_path)) == (250 + fatal, [])
    assert fatal > 20
