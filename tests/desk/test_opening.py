"""Putting a call in force: again, after a change, and for an edition that asks for nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from chalicelib.submission_store import SQLiteSubmissions
from sites import EDITIONS

from awards import calls
from awards.content import load
from awards.errors import PingxuanError
from desk import opening, votes

CONTENT = Path(__file__).parents[2] / "content"


@pytest.fixture
def store(tmp_path):
    store = SQLiteSubmissions(tmp_path / "submissions.sqlite")
    yield store
    store.close()


def opened(folder: Path, store: SQLiteSubmissions) -> dict[str, object]:
    return opening.open_call(load(folder)[0], folder, store)


def test_opening_again_changes_nothing_and_after_a_change_makes_the_next_version(store, tmp_path):
    folder = shutil.copytree(EDITIONS / "tiny", tmp_path / "tiny")
    assert [opened(folder, store)["version"] for _ in range(2)] == [1, 1]
    text = (folder / "edition.toml").read_text("utf-8")
    (folder / "edition.toml").write_text(text.replace('"2026-01-04 12:00"', '"2026-01-03 12:00"'), "utf-8")
    assert opened(folder, store)["version"] == 2
    assert calls.read(store.call("tiny")).window.closes.isoformat() == "2026-01-03T12:00:00+08:00"


def test_of_two_who_open_at_once_one_is_told(store, tmp_path):
    folder = shutil.copytree(EDITIONS / "tiny", tmp_path / "tiny")
    opened(folder, store)
    (folder / "form.toml").write_text((folder / "form.toml").read_text("utf-8") + "\n# changed\n", "utf-8")
    seen = store.call("tiny")
    assert store.put_call(seen | {"version": 2})
    store.call = lambda _: seen  # read before the other wrote
    with pytest.raises(PingxuanError, match="Somebody else"):
        opened(folder, store)


def test_an_edition_without_the_stage_takes_no_submissions(store, tmp_path):
    folder = shutil.copytree(EDITIONS / "tiny", tmp_path / "tiny")
    text = (folder / "edition.toml").read_text("utf-8").replace('code = "submission"', 'code = "screening"', 1)
    (folder / "edition.toml").write_text(text, "utf-8")
    assert not opening.takes_submissions(load(folder)[0])
    with pytest.raises(PingxuanError, match="takes no submissions"):
        opened(folder, store)


def test_every_edition_is_opened_for_trying_and_reads_back_as_it_was(store):
    editions = [load(folder)[0] for folder in sorted((CONTENT / "editions").iterdir())]
    opening.open_calls(editions, CONTENT, store)
    opened_ones = [edition for edition in editions if opening.takes_submissions(edition)]
    assert len(opened_ones) >= 5
    for edition in opened_ones:
        assert calls.read(store.call(edition.id)).edition.form == edition.form


def test_a_call_says_the_first_number_above_the_cases_of_the_edition_and_never_a_lower_one(store, tmp_path):
    folder = shutil.copytree(CONTENT / "editions" / "qingdao-2019", tmp_path / "qingdao-2019")
    assert calls.read(opened(folder, store)).first == 160  # its last case is 2019-cy-0159
    (folder / "cases" / "2019-cy-0159.md").unlink()
    assert (opened(folder, store)["version"], calls.read(store.call("qingdao-2019")).first) == (1, 160)
    (folder / "cases" / "2019-5g-0005.md").rename(folder / "cases" / "2019-5g-0200.md")
    assert (opened(folder, store)["version"], calls.read(store.call("qingdao-2019")).first) == (2, 201)


def test_a_call_put_in_force_before_calls_had_a_first_number_is_still_read(store):
    folder = CONTENT / "editions" / "qingdao-2019"
    call = opened(folder, store)
    del call["first"]
    assert calls.read(call).first == 1


def publish(var: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a verb of publish.py."""
    command = [sys.executable, str(CONTENT.parent / "publish.py"), *words]
    environ = {**os.environ, "PINGXUAN_VAR": str(var), "COLUMNS": "200"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_an_edition_without_voting_is_opened_by_the_verb_too(tmp_path):
    done = publish(tmp_path, "open", "jinan-2021")  # nobody votes there
    said = "jinan-2021: call 1 is in force, for submissions from 2021-11-18T00:00:00+08:00"
    assert (done.returncode, said in done.stdout, "ballot paper" in done.stdout) == (0, True, False)


def test_an_edition_with_voting_gets_both_by_the_verb(tmp_path):
    done = publish(tmp_path, "open", "qingdao-2020")
    assert ("call 1 is in force" in done.stdout, "ballot paper 1 with" in done.stdout) == (True, True)
    assert votes.here(tmp_path).papers.paper("qingdao-2020")
