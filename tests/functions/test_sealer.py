import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event, Thread

import pytest
from chalicelib import sealer
from chalicelib.sealer import seal
from chalicelib.store import Slot, SQLiteStore, Vote
from voters import NOON, PAPER, Hands, h_of, put

from awards.errors import PingxuanError


def cast(store: SQLiteStore, votes: int, case: str = "c1", start: int = 0) -> None:
    for number in range(start, start + votes):
        slot = Slot("qd", "2020-08-24", number.to_bytes(16, "big"))
        assert store.cast(PAPER, slot, Vote(h_of(str(number)), (case,), "id", "2020-08-24"))[0]


def published(tmp_path, name: str = "tally") -> dict[str, object]:
    return json.loads((tmp_path / "qd" / f"{name}.json").read_text("utf-8"))


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
