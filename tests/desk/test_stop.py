"""A poll that must end at once ends, on record; one that the content forgot is named."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sites import EDITIONS, content_with
from voters import NOON, PAPER, RULE

from awards.ballot import State, from_json, state, to_json
from awards.errors import PingxuanError
from awards.model import Window
from desk import polls, stopping, votes

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def place(tmp_path: Path):
    place = votes.here(tmp_path / "var")
    place.papers.put_paper(to_json(PAPER))
    yield place
    place.papers.close()


def in_force(place) -> object:
    return from_json(place.papers.paper("qd"))


def test_a_poll_that_is_stopped_is_open_for_ten_seconds_more_and_then_over(place):
    paper = stopping.stop_edition("qd", place.papers, NOON)
    assert paper == in_force(place)
    assert paper == replace(
        PAPER, version=2, rule=replace(RULE, window=Window(RULE.window.opens, NOON + timedelta(seconds=10)))
    )
    assert state(paper.rule, NOON + timedelta(seconds=9)) is State.OPEN
    assert state(paper.rule, NOON + timedelta(seconds=10)) is State.CLOSED


def test_a_poll_that_has_not_begun_never_does(place):
    paper = stopping.stop_edition("qd", place.papers, datetime(2020, 8, 1, tzinfo=UTC))
    assert state(paper.rule, datetime(2020, 8, 24, tzinfo=UTC)) is State.CLOSED


def test_stopping_again_or_after_the_end_changes_nothing(place):
    stopping.stop_edition("qd", place.papers, NOON)
    for now in (NOON + timedelta(seconds=1), NOON + timedelta(days=30)):
        assert stopping.stop_edition("qd", place.papers, now).version == 2


def test_a_poll_that_is_not_open_cannot_be_stopped(place):
    with pytest.raises(PingxuanError, match="not open"):
        stopping.stop_edition("other", place.papers, NOON)


def test_the_end_stands_in_the_ledger(place, tmp_path):
    polls.seal_edition("qd", place.sealer, NOON)
    stopping.stop_edition("qd", place.papers, NOON)
    polls.seal_edition("qd", place.sealer, NOON + timedelta(minutes=1))
    entries = b"".join(path.read_bytes() for path in (tmp_path / "var/public/qd/ledger/tile/entries").rglob("*.p/*"))
    assert re.findall(rb'"k":"paper","n":(\d)', entries)[0] == b"2"
    assert json.loads((tmp_path / "var/public/qd/ballot.json").read_text("utf-8"))["version"] == 2


def test_a_poll_is_forgotten_while_it_takes_votes_and_the_content_does_not_know_it(place):
    assert stopping.forgotten(place.papers, [], NOON) == ["qd"]
    assert stopping.forgotten(place.papers, ["qd"], NOON) == []
    stopping.stop_edition("qd", place.papers, NOON)
    assert stopping.forgotten(place.papers, [], NOON + timedelta(minutes=1)) == []


def run(tmp_path: Path, *verb: str) -> str:
    environment = {**os.environ, "PINGXUAN_VAR": str(tmp_path / "var"), "NO_COLOR": "1", "COLUMNS": "200"}
    command = [sys.executable, str(ROOT / "publish.py"), *verb]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_check_names_a_forgotten_poll_and_stop_ends_it_without_the_content(place, tmp_path):
    now = datetime.now(UTC)
    window = Window(now - timedelta(days=1), now + timedelta(days=1))
    place.papers.put_paper(to_json(replace(PAPER, version=2, rule=replace(RULE, window=window))))
    content = content_with(tmp_path / "content", EDITIONS / "tiny")
    assert "qd takes votes" in run(tmp_path, "check", "--content", str(content))
    assert "ballot paper 3" in run(tmp_path, "stop", "qd")
    assert state(in_force(place).rule, datetime.now(UTC) + stopping.NOTICE) is State.CLOSED
