"""What a recommending body sees and says."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import submissions as complete_answers
from chalicelib.drafts import State
from chalicelib.recommending import bodies, token_of
from chalicelib.submission_store import SQLiteSubmissions
from entries import Desk, call_of

EDITION = "jinan-2021"


@pytest.fixture
def desk(tmp_path):
    store = SQLiteSubmissions(tmp_path / "submissions.sqlite")
    assert store.put_call(call_of(EDITION))
    desk = Desk(store, tmp_path)
    desk.clock.time = datetime(2021, 12, 1, tzinfo=UTC)
    yield desk
    store.close()


@pytest.fixture
def entrant(desk):
    entrant = desk.entrant(edition=EDITION).filled()
    assert entrant.submit().status_code == 200
    return entrant


BODY = complete_answers.complete(EDITION)["recommended_by"]


def listed(desk, body=BODY, token=None):
    token = token_of(desk.store, EDITION, body) if token is None else token
    return desk.ask("GET", "/recommending/{body}", None, token, _edition=EDITION, _body=body)


def say(desk, said, number="2021-0001", body=BODY):
    token = token_of(desk.store, EDITION, body)
    path = "/recommending/{body}/{number}"
    return desk.ask("POST", path, said, token, _edition=EDITION, _body=body, _number=number)


def test_a_body_sees_what_named_it_and_nothing_that_its_summary_does_not_list(desk, entrant):
    (seen,) = listed(desk).body["submissions"]
    assert (seen["number"], seen["state"], seen["recommended"]) == ("2021-0001", "submitted", None)
    assert "title" in seen["answers"]
    assert not {"signed_form", "consents", "grounds"} & set(seen["answers"])


def test_another_body_sees_nothing_of_it(desk, entrant):
    other = next(body for body in bodies(desk.submissions.entries.call(EDITION)) if body != BODY)
    assert listed(desk, other).body["submissions"] == []
    assert say(desk, {"recommend": True}, body=other).body["code"] == "no_such_submission"


@pytest.mark.parametrize("token", ["", "guessed"])
def test_without_its_token_there_is_no_such_body(desk, entrant, token):
    refused = listed(desk, token=token)
    assert (refused.status_code, refused.body["code"]) == (404, "no_such_body")
    unknown = listed(desk, body="moon")  # whose token would be right
    assert unknown.body == refused.body


def test_the_last_word_of_a_body_counts_and_no_needs_a_reason(desk, entrant):
    assert say(desk, {"recommend": True}).body["recommended"]["recommend"] is True
    assert say(desk, {"recommend": False}).body["code"] == "malformed"
    assert say(desk, {"recommend": False, "reason": "材料不全"}).status_code == 200
    (seen,) = listed(desk).body["submissions"]
    assert (seen["recommended"]["recommend"], seen["recommended"]["reason"]) == (False, "材料不全")


@pytest.mark.parametrize("same", [True, False])
def test_a_word_stands_when_a_returned_submission_comes_again_and_names_the_same_body(desk, entrant, same):
    assert say(desk, {"recommend": True}).status_code == 200
    there = desk.store.draft(EDITION, entrant.draft)
    assert desk.store.replace(there, replace(there, state=State.RETURNED))
    other = next(body for body in bodies(desk.submissions.entries.call(EDITION)) if body != BODY)
    named = BODY if same else other
    changed = {k: v for k, v in there.answers.items() if k != "recommended_by_other"} | {"recommended_by": named}
    sheet = there.answers if same else changed
    assert entrant.save(sheet, 2).status_code == 200
    assert entrant.submit(3).status_code == 200
    (seen,) = listed(desk, named).body["submissions"]
    assert (seen["recommended"] or {}).get("recommend") == (True if same else None)


def test_a_draft_is_not_seen_before_it_is_handed_in_nor_when_it_was_withdrawn(desk, entrant):
    entrant.ask("POST", "/withdraw")
    desk.entrant(2, EDITION).filled()
    assert listed(desk).body["submissions"] == []


def test_a_body_that_is_named_no_more_when_its_word_is_written_says_nothing(desk, entrant, monkeypatch):
    other = next(body for body in bodies(desk.submissions.entries.call(EDITION)) if body != BODY)
    replaced = desk.store.replace

    def overtaken(before, after, places=()):
        """Returned, given to another body and handed in again, just before the word is written."""
        monkeypatch.undo()
        assert replaced(before, replace(before, answers={**before.answers, "recommended_by": other}))
        return replaced(before, after, places)

    monkeypatch.setattr(desk.store, "replace", overtaken)
    assert say(desk, {"recommend": True}).body["code"] == "no_such_submission"
    assert desk.store.draft(EDITION, entrant.draft).recommended is None
