"""The verbs of counting, and what a recount says where somebody changed what is published."""

import json
from datetime import timedelta

import pytest
from chalicelib.sealer import on_this_machine
from chalicelib.store import Slot, SQLiteStore, Vote
from voters import NOON, PAPER, h_of, put

from awards.errors import FindingsError, PingxuanError
from desk import counting, polls, votes
from desk.verifying import Verdict, verify


@pytest.fixture
def var(tmp_path):
    store = SQLiteStore(tmp_path / "votes.sqlite")
    put(store)
    for number in range(4):
        slot = Slot("qd", "2020-08-24", number.to_bytes(16, "big"))
        store.cast(PAPER, slot, Vote(h_of(str(number)), ("c1",), f"{number:016x}", "2020-08-24"))
    on_this_machine(store, tmp_path / "public").seal(NOON)
    store.close()
    return tmp_path


def recount(var) -> Verdict:
    return verify(votes.published(None, None, None, var), "qd")


def decision(*records: str, rule: str = "R3") -> counting.Decision:
    return counting.decision_of("qd", NOON, rule, ("同一网段集中投票", ("甲", "乙")), records)


def test_a_recount_says_what_it_found(var):
    told = counting.told(recount(var))
    assert told.startswith("qd: 6 records with the root ")
    assert told.endswith("; 4 votes cast, 0 void, 4 valid: records, tiles, checkpoint and tally.json agree.")


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("tally.json", ('"c1":4', '"c1":5'), "c1 (counts): tally.json says 5, the ledger 4"),
        ("tally.json", ('"cast":4', '"cast":5'), "cast: tally.json says 5, the ledger 4"),
        ("tally.json", ('"records":6', '"records":7'), "tally.json counts 7 records, the ledger has 6"),
        ("tally.json", ('"records":6', '"records":5'), "c1 (counts): tally.json says 4, the ledger 3"),
        ("tally.json", ("{", "?"), "tally.json is not what is published under this name"),
        ("ledger/tile/entries/000.p/6", ('"c":"c1"', '"c":"c2"'), "the records have the root"),
        ("ledger/tile/entries/000.p/6", ('"c":"c1"', '"c":"c1x"'), "ends in the middle of a record"),
        ("ledger/checkpoint", ("\n6\n", "\n5\n"), "ledger/tile/entries/000 is missing"),
        ("ledger/checkpoint", ("\n6\n", "\n?\n"), "not a checkpoint"),
    ],
)
def test_a_recount_names_what_was_changed(var, name, change, words):
    file = var / "public/qd" / name
    text = file.read_bytes()
    changed = text.replace(*(each.encode() for each in change), 1)
    assert changed != text
    file.write_bytes(changed)
    found = recount(var).differences
    assert any(words in each for each in found)


def test_what_is_missing_is_named(var):
    (var / "public/qd/tally.json").unlink()
    assert recount(var).differences == ["tally.json is missing"]


def test_the_ledger_is_reconciled_and_closed_when_its_time_has_come(var):
    sealer = votes.here(var).sealer_of("qd")
    assert counting.reconcile("qd", sealer, NOON) == "qd: the ledger has all 4 votes."
    with pytest.raises(PingxuanError, match="qd closes at 2020-08-31"):
        counting.close("qd", sealer, lambda: NOON)
    assert counting.close("qd", sealer, lambda: NOON + timedelta(days=8)) == "qd is closed with 4 votes."


def test_a_decision_is_shown_first_then_kept_and_carried_out(var):
    here = votes.here(var)
    assert counting.preview(decision("2", "4-5"), here.sealer) == "3 votes: c1 3"
    assert not (var / "decisions").exists()
    assert counting.void(decision("2", "4-5"), here.sealer, here.decisions, NOON) == "3 votes: c1 3"
    (kept,) = (var / "decisions/qd").glob("*.json")
    says = json.loads(kept.read_text("utf-8"))
    assert (says["by"], says["records"], says["rule"]) == (["甲", "乙"], [2, 4, 5], "R3")
    assert f'"by":"{kept.stem}"'.encode() in (var / "public/qd/ledger/tile/entries/000.p/9").read_bytes()
    assert (recount(var).void, recount(var).differences) == (3, [])


def test_a_decision_that_cannot_be_carried_out_changes_nothing(var):
    here = votes.here(var)
    with pytest.raises(PingxuanError, match="record 0 is no vote"):
        counting.void(decision("0", "2"), here.sealer, here.decisions, NOON)
    assert not (var / "decisions").exists()
    for records, rule in ((("x",), "R3"), ((), "R3"), (("2",), "no code")):
        with pytest.raises(PingxuanError):
            decision(*records, rule=rule)


def test_an_edition_that_is_not_open_has_no_ledger_and_names_the_verb(var):
    with pytest.raises(PingxuanError, match="other is not open") as error:
        votes.of(None, None, var).sealer_of("other")
    assert error.value.advice == "Run: python publish.py open other"


def test_sealing_says_what_is_counted_then(var):
    assert polls.seal_edition("qd", votes.here(var).sealer_of("qd"), NOON) == "qd: 4 votes are counted."


def test_published_files_are_read_from_a_folder_anywhere_or_a_stage_never_both(var, tmp_path):
    (var / "public").rename(tmp_path / "elsewhere")
    assert verify(votes.published(tmp_path / "elsewhere", None, None, var), "qd").differences == []
    with pytest.raises(PingxuanError, match="one place"):
        votes.published(var, "dev", None, var)


def test_a_list_of_records_is_read_and_one_that_is_no_text_is_told(tmp_path):
    file = tmp_path / "records.txt"
    file.write_bytes(b"\xef\xbb\xbf17\r\n20-23\r\n")
    assert counting.listed(file) == ["17", "20-23"]
    file.write_bytes("第17条".encode("gb18030"))
    with pytest.raises(FindingsError) as error:
        counting.listed(file)
    assert [finding.path for finding in error.value.findings] == ["records.txt"]
