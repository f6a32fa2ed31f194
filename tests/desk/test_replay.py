"""Replay: others' data through our rule and store meets the figures that others counted."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from rich.console import Console

from awards.errors import FindingsError, PingxuanError
from desk import replay

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT.parent / "shared" / "data"
LOG = DATA / "logs" / "elastic_apache_access_10k_2015.log"
BALLOTS = sorted((DATA / "votes").glob("*.pb")) or [pytest.param(None, marks=pytest.mark.skip("../shared is not here"))]
QUIET = Console(quiet=True)
RULE = """zone = "{zone}"
[[stages]]
code = "voting"
name = "Voting"
opens = {opens}
closes = {closes}
[voting]
subject = "address"
per = "{per}"
votes = {votes}
at_most = {at_most}
"""


def edition_in(folder: Path, cases: list[str], **rule: object) -> Path:
    """An edition of no more than a rule and its cases: slug and title."""
    usual = {"zone": "UTC", "opens": "2020-08-01", "closes": "2020-08-31", "per": "day", "votes": 1, "at_most": 1}
    (folder / "cases").mkdir(parents=True)
    (folder / "edition.toml").write_text(RULE.format(**usual | rule), "utf-8")
    for case in cases:
        (folder / "cases" / f"{case}.md").write_text(f'+++\ntitle = "{case}"\n+++\n', "utf-8")
    return folder


def table_in(folder: Path, *rows: str, header: str = "time,address,cases,h") -> Path:
    path = folder / "attempts.csv"
    path.write_text("\n".join((header, *rows)) + "\n", "utf-8")
    return path


@pytest.fixture
def edition(tmp_path: Path) -> Path:
    return edition_in(tmp_path / "hall", ["a", "b", "c"], zone="Asia/Shanghai", at_most=2)


@pytest.mark.parametrize(("zone", "accepted"), [("UTC", 2034), ("Asia/Shanghai", 2064)])
def test_a_public_log_under_one_a_day_counts_each_address_once_a_day(zone, accepted, shared, tmp_path):
    folder = edition_in(tmp_path / "log", ["one"], zone=zone, opens="2015-05-01", closes="2015-05-31")
    outcome = replay.replay(folder, LOG, QUIET, log=True)
    assert outcome.to_json() == {
        "attempted": 10_000,
        "accepted": accepted,
        "refused": {"already_voted": 10_000 - accepted},
        "counts": {"one": accepted},
    }


def pabulib(path: Path) -> Iterator[tuple[str, ...]]:
    """The ballots of a Pabulib file, as the slugs of their projects."""
    lines = path.read_text("utf-8-sig").splitlines()
    for row in csv.DictReader(lines[lines.index("VOTES") + 1 :], delimiter=";"):
        yield tuple(project.lower() for project in row["vote"].split(",") if project)


@pytest.mark.parametrize("path", BALLOTS, ids=lambda path: getattr(path, "stem", "none"))
def test_each_project_of_a_city_gets_the_votes_that_the_city_announced(path, tmp_path):
    official = path.parent / "expected" / f"{path.stem}.official.csv"
    with official.open(encoding="utf-8", newline="") as file:
        announced = {row["project_id"].lower(): int(row["official_votes"]) for row in csv.DictReader(file)}
    ballots = list(pabulib(path))
    folder = edition_in(tmp_path / "city", list(announced), per="edition", at_most=max(map(len, ballots)))
    people = (IPv4Address("10.0.0.0") + number for number in range(len(ballots)))
    rows = (
        f"2020-08-24T10:00:00+02:00,{person}," + " ".join(cases) for person, cases in zip(people, ballots, strict=True)
    )
    outcome = replay.replay(folder, table_in(tmp_path, *rows, header="time,address,cases"), QUIET)
    assert outcome.counts == announced
    assert (outcome.accepted, outcome.refused, outcome.bad) == (len(ballots), {}, ())


def test_each_attempt_is_judged_at_its_own_time_whatever_the_order(edition, tmp_path):
    table = table_in(
        tmp_path,
        "2020-08-24T23:59:59+08:00,10.0.0.1,a,",
        "2020-08-25T00:00:00+08:00,10.0.0.1,a,",
        "2020-08-24 12:00,10.0.0.1,b,",  # the edition's clock
        "2020-07-31T23:59:59+08:00,10.0.0.2,a,",
        "2020-08-31T24:00:00,10.0.0.2,a,".replace("08-31T24", "09-01T00"),
        "2020-08-24T10:00:00Z,2001:db8::1,a b,",
        "2020-08-24T10:00:00Z,2001:db8::2,c,",
    )
    assert replay.replay(edition, table, QUIET).to_json() == {
        "attempted": 7,
        "accepted": 3,
        "refused": {"already_voted": 2, "closed": 1, "not_open": 1},
        "counts": {"a": 3, "b": 1, "c": 0},
    }


def test_a_repeat_counts_once_and_is_told_apart_from_a_second_vote(edition, tmp_path):
    h = "0123456789abcdef" * 2
    again = f"2020-08-24T10:00:00+08:00,10.0.0.1,a,{h}"
    outcome = replay.replay(edition, table_in(tmp_path, again, again, again.replace(h, "f" * 32)), QUIET)
    assert outcome.refused == {"already_counted": 1, "already_voted": 1}
    assert outcome.counts == {"a": 1, "b": 0, "c": 0}


def test_what_no_ballot_may_be_is_refused_by_its_reason(edition, tmp_path):
    time = "2020-08-24T10:00:00+08:00"
    rows = (f"{time},10.0.0.{number},{rest}" for number, rest in enumerate(("a b c,", ",", "a a,", "zz,", "a,NOHEX")))
    outcome = replay.replay(edition, table_in(tmp_path, *rows), QUIET)
    assert outcome.refused == {"malformed": 4, "no_such_case": 1}


def test_every_bad_line_is_told_with_its_number_and_the_others_vote(edition, tmp_path):
    good = "2020-08-24T10:00:00+08:00,10.0.0.1,a,"
    table = table_in(tmp_path, good, "yesterday,10.0.0.2,a,", "", "2020-08-24,someone.example,a,", "2020-08-24")
    outcome = replay.replay(edition, table, QUIET)
    assert [bad.line for bad in outcome.bad] == [3, 5, 6]
    assert (outcome.attempted, outcome.accepted) == (1, 1)


def test_an_organiser_asks_what_more_votes_a_day_would_have_meant(tmp_path):
    rows = [f"2020-08-24T1{hour}:00:00Z,10.0.0.1,a," for hour in range(10)]
    for votes in (1, 5, 10):
        folder = edition_in(tmp_path / str(votes), ["a"], votes=votes)
        assert replay.replay(folder, table_in(folder, *rows), QUIET).accepted == votes


def test_a_rule_with_a_fault_is_told_and_a_page_with_a_fault_is_no_matter(tmp_path):
    assert replay.load_rule(edition_in(tmp_path / "bare", ["a"])).voting
    with pytest.raises(FindingsError) as raised:
        replay.load_rule(edition_in(tmp_path / "faulty", ["a"], per="fortnight"))
    assert [finding.key for finding in raised.value.findings] == ["voting.per"]


@pytest.mark.parametrize("text", ["", "time,cases\n", "PK\x03\x04\x00\x00"])
def test_a_file_without_the_columns_is_told_kindly(text, edition, tmp_path):
    (tmp_path / "odd.csv").write_text(text)
    with pytest.raises(PingxuanError, match="has no column"):
        replay.replay(edition, tmp_path / "odd.csv", QUIET)


def run(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, str(ROOT / "publish.py"), "replay", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_verb_prints_json_alone_on_its_output_and_bad_lines_on_the_other(edition, tmp_path):
    table = table_in(tmp_path, "2020-08-24T10:00:00+08:00,10.0.0.1,a,", "never,10.0.0.2,a,")
    done = run(edition, "--from", table, "--json")
    assert json.loads(done.stdout) == {"attempted": 1, "accepted": 1, "refused": {}, "counts": {"a": 1, "b": 0, "c": 0}}
    assert "line 3: found time" in done.stderr
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)


def test_a_log_is_named_by_log_or_by_from_with_log(tmp_path):
    log = tmp_path / "access.log"
    log.write_text('10.0.0.1 - - [24/Aug/2020:10:00:00 +0800] "GET / HTTP/1.1" 200 5 "-" "x"\n')
    for options in (("--log", log), ("--from", log, "--log")):
        done = run("tiny", "--content", tiny_content(tmp_path), *options, "--case", "2026-b-001", "--json")
        assert json.loads(done.stdout)["refused"] == {"not_open": 1}


def tiny_content(tmp_path: Path) -> Path:
    editions = tmp_path / "content" / "editions"
    editions.mkdir(parents=True, exist_ok=True)
    if not (editions / "tiny").exists():
        (editions / "tiny").symlink_to(ROOT / "tests" / "editions" / "tiny")
    return editions.parent
