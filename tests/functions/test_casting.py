import json
import sqlite3
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from chalicelib.incoming import Incoming
from chalicelib.receipt import hash_of
from chalicelib.refused import RefusedError, UnavailableError
from chalicelib.slots import Slots
from voters import h_of, put

OURS = {"host": ["hall.example"], "origin": ["http://hall.example"]}


def json_of(body: object, peer: str = "203.0.113.9", **headers: list[str]) -> Incoming:
    head = {"content-type": ["application/json"], **OURS, **headers}
    return Incoming(head, peer, json.dumps(body).encode(), {})


def ballot_of(case: str = "c1", word: str = "a", **more: str) -> dict[str, object]:
    return {"cases": [case], "h": h_of(word), **more}


def form_of(*pairs: tuple[str, str], head: dict[str, list[str]] = OURS) -> Incoming:
    kind = {"content-type": ["application/x-www-form-urlencoded"]}
    return Incoming(head | kind, "203.0.113.9", urlencode(pairs).encode(), {})


def refused(voting, request: Incoming, edition: str = "qd") -> RefusedError:
    with pytest.raises(RefusedError) as error:
        voting.vote(edition, request)
    return error.value


def test_a_vote_is_counted_and_the_next_one_is_tomorrow(voting):
    receipt = voting.vote("qd", json_of(ballot_of()))
    assert not receipt.again
    assert receipt.next.isoformat() == "2020-08-25T00:00:00+08:00"
    body = receipt.body()
    assert len(body.pop("id")) == 16
    assert body == {"edition": "qd", "cases": ["c1"], "h": h_of("a"), "period": "2020-08-24", "at": "2020-08-24"}


def test_a_retry_gets_the_same_receipt(voting):
    first = voting.vote("qd", json_of(ballot_of()))
    again = voting.vote("qd", json_of(ballot_of()))
    assert again.again
    assert again.body() == first.body()


@pytest.mark.parametrize("second", [ballot_of("c2", "b"), ballot_of("c1", "b"), ballot_of("c2", "a")])
def test_a_second_ballot_is_refused_with_the_time_of_the_next(voting, second):
    voting.vote("qd", json_of(ballot_of()))
    error = refused(voting, json_of(second))
    assert error.refusal.code == "already_voted"
    assert error.more == {"next": "2020-08-25T00:00:00+08:00"}


def test_another_address_has_its_own_vote_even_with_the_same_h(voting):
    one = voting.vote("qd", json_of(ballot_of()))
    other = voting.vote("qd", json_of(ballot_of(), peer="203.0.113.10"))
    assert not other.again
    assert one.vote.id != other.vote.id


def test_tomorrow_the_same_address_votes_again(voting, clock):
    voting.vote("qd", json_of(ballot_of()))
    clock.move(days=1)
    assert not voting.vote("qd", json_of(ballot_of(word="b"))).again


def test_a_retry_across_midnight_counts_once(voting, clock, store):
    first = voting.vote("qd", json_of(ballot_of(period="2020-08-24")))
    clock.move(days=1)
    again = voting.vote("qd", json_of(ballot_of(period="2020-08-24")))
    assert again.again
    assert again.body() == first.body()
    assert again.next.isoformat() == "2020-08-25T12:00:00+08:00"  # today's vote is still free
    assert len(store.votes_after("qd", 0, 10)) == 1


@pytest.mark.parametrize("period", [{}, {"period": "2020-08-31"}])
def test_a_retry_across_the_close_gets_its_receipt(voting, clock, period):
    clock.move(days=7, hours=11)
    first = voting.vote("qd", json_of(ballot_of(**period)))
    clock.move(days=3)
    again = voting.vote("qd", json_of(ballot_of(**period)))
    assert again.body() == first.body()
    assert (again.again, again.next) == (True, None)


def test_a_retry_after_the_case_was_withdrawn_gets_its_receipt(voting, store):
    first = voting.vote("qd", json_of(ballot_of()))
    put(store, version=2, withdrawn=("gone", "c1"))
    voting._papers.clear()
    assert voting.vote("qd", json_of(ballot_of())).body() == first.body()
    assert refused(voting, json_of(ballot_of(word="b"))).refusal.code == "withdrawn"


def test_a_retry_that_names_a_period_with_another_ballot_is_refused(voting, clock):
    voting.vote("qd", json_of(ballot_of()))
    clock.move(days=1)
    error = refused(voting, json_of(ballot_of("c2", period="2020-08-24")))
    assert error.refusal.code == "already_voted"


def test_a_first_try_that_was_lost_before_midnight_counts_after_it(voting, clock):
    clock.move(days=1)
    receipt = voting.vote("qd", json_of(ballot_of(period="2020-08-24")))
    assert (receipt.again, receipt.period) == (False, "2020-08-25")


def test_a_period_that_somebody_names_makes_no_key(voting, store):
    assert refused(voting, json_of(ballot_of(period="1999-01-01"))).refusal.code == "out_of_date"
    assert store.key("qd", "1999-01-01") is None
    voting.vote("qd", json_of(ballot_of(period="2020-08-23")))
    assert store.key("qd", "2020-08-23") is None
    assert store.key("qd", "2020-08-24")


def test_a_ballot_written_a_period_late_and_sent_once_more_later_still_counts_once(voting, clock):
    late = json_of(ballot_of(period="2020-08-23"))
    first = voting.vote("qd", late)
    clock.time += timedelta(days=1)
    again = voting.vote("qd", late)
    assert (first.again, again.again, again.vote) == (False, True, first.vote)
    other = json_of(ballot_of(word="b", period="2020-08-23"))
    assert refused(voting, other).refusal.code == "out_of_date"


@pytest.mark.parametrize(
    ("days", "body", "code"),
    [
        (-3, ballot_of(), "not_open"),
        (8, ballot_of(), "closed"),
        (0, ballot_of("c9"), "no_such_case"),
        (0, ballot_of("gone"), "withdrawn"),
        (0, {"cases": [], "h": 7}, "malformed"),
    ],
)
def test_what_is_not_taken_is_told_why(voting, clock, days, body, code):
    clock.move(days=days)
    assert refused(voting, json_of(body)).refusal.code == code


@pytest.mark.parametrize(("seconds", "code"), [(-1, None), (0, "closed")])
def test_a_vote_at_the_instant_of_closing_is_late(voting, clock, paper, seconds, code):
    clock.time = paper.rule.window.closes
    clock.move(seconds=seconds)
    if code is None:
        assert not voting.vote("qd", json_of(ballot_of())).again
    else:
        error = refused(voting, json_of(ballot_of()))
        assert (error.refusal.code, error.more["closes"]) == (code, "2020-08-31T16:00:00+00:00")


def test_five_a_day_are_five_a_day(voting, store):
    put(store, version=2, votes=5)
    assert [voting.vote("qd", json_of(ballot_of(word=str(n)))).again for n in range(5)] == [False] * 5
    assert refused(voting, json_of(ballot_of(word="6"))).refusal.code == "already_voted"


def test_an_edition_without_a_paper_is_unknown(voting):
    assert refused(voting, json_of(ballot_of()), "nowhere").refusal.code == "no_such_edition"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"content-type": ["text/plain"]}, "wrong_type"),
        ({"content-type": []}, "wrong_type"),
        ({"content-type": ["application/json", "text/plain"]}, "wrong_type"),
        ({"content-type": ["multipart/form-data; boundary=x"]}, "wrong_type"),
        ({"origin": ["https://news.example"]}, "foreign_origin"),
        ({"origin": ["null"]}, "foreign_origin"),
    ],
)
def test_json_of_another_type_or_page_is_refused(voting, headers, code):
    request = json_of(ballot_of())
    assert refused(voting, replace(request, headers=request.headers | headers)).refusal.code == code


def test_json_of_a_partner_or_of_no_page_at_all_is_taken(voting):
    partner = json_of(ballot_of(), origin=["https://partner.example"])
    assert not voting.vote("qd", partner).again
    assert not voting.vote(
        "qd", replace(partner, headers={"content-type": ["application/json; charset=utf-8"]}, peer="::1")
    ).again


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 60_000, b'{"cases": [1e999], "h": NaN}', b"1" * 5000])
def test_what_is_no_json_is_malformed(voting, body):
    assert refused(voting, replace(json_of({}), body=body)).refusal.code == "malformed"


def test_a_body_that_is_too_large_is_refused_before_it_is_read(voting):
    assert refused(voting, replace(json_of({}), body=b" " * 70_000)).refusal.code == "too_large"


def test_a_form_gets_a_nonce_of_ours(voting):
    receipt = voting.vote("qd", form_of(("case", "c1")))
    assert hash_of(bytes.fromhex(receipt.nonce)) == receipt.vote.h


def test_the_same_form_again_is_already_counted(voting):
    first = voting.vote("qd", form_of(("case", "c1")))
    again = voting.vote("qd", form_of(("case", "c1")))
    assert (again.again, again.nonce, again.vote) == (True, "", first.vote)
    assert refused(voting, form_of(("case", "c2"))).refusal.code == "already_voted"


def test_the_receipt_is_found_from_the_same_address_only(voting):
    given = voting.vote("qd", form_of(("case", "c1")))
    query = {"h": given.vote.h, "period": given.period, "nonce": given.nonce}
    request = Incoming(OURS, "203.0.113.9", b"", query)
    assert voting.receipt("qd", request).vote == given.vote
    assert voting.receipt("qd", replace(request, query=query | {"nonce": "ff"})).nonce == ""
    for other in (
        replace(request, peer="203.0.113.10"),
        replace(request, query={}),
        replace(request, query=query | {"period": "x"}),
    ):
        with pytest.raises(RefusedError):
            voting.receipt("qd", other)


def test_a_form_that_tells_no_page_must_be_confirmed(voting, store):
    untold = {"host": ["hall.example"]}
    asked = refused(voting, form_of(("case", "c1"), head=untold))
    assert (asked.refusal.code, asked.more["cases"]) == ("confirm", ("c1",))
    assert store.votes_after("qd", 0, 10) == []
    token = asked.more["token"]
    assert refused(voting, form_of(("case", "c2"), ("confirm", token), head=untold)).refusal.code == "confirm"
    stranger = replace(form_of(("case", "c1"), ("confirm", token), head=untold), peer="203.0.113.10")
    assert refused(voting, stranger).refusal.code == "confirm"
    assert not voting.vote("qd", form_of(("case", "c1"), ("confirm", token), head=untold)).again


@pytest.mark.parametrize("origin", ["null", "https://news.example"])
def test_a_form_of_a_foreign_page_is_refused(voting, origin):
    head = {**OURS, "origin": [origin], "referer": ["http://hall.example/qd/"]}
    assert refused(voting, form_of(("case", "c1"), head=head)).refusal.code == "foreign_origin"


def test_a_proxy_that_nobody_named_makes_no_vote(voting, store):
    with pytest.raises(UnavailableError):
        voting.vote("qd", json_of(ballot_of(), **{"x-forwarded-for": ["198.51.100.7"]}))
    assert store.votes_after("qd", 0, 10) == []


def test_no_address_is_stored(voting, store, tmp_path):
    voting.vote("qd", json_of(ballot_of(), peer="203.0.113.9"))
    voting.vote("qd", json_of(ballot_of(), peer="2001:db8:1:2::9"))
    store.close()
    db = sqlite3.connect(tmp_path / "votes.sqlite")
    text = "\n".join(db.iterdump())
    db.close()
    assert h_of("a") in text  # what is stored would be seen
    assert "203.0.113" not in text
    assert "2001:db8" not in text


def test_one_address_has_another_subject_in_each_period_edition_and_rule(store, paper):
    slots = Slots(store)
    papers = [paper, replace(paper, edition="other"), replace(paper, rule=replace(paper.rule, per="week"))]
    found = {
        slots.of_now(each, period, "203.0.113.9").subject for each in papers for period in ("2020-08-24", "2020-08-25")
    }
    assert len(found) == 6
    assert {len(subject) for subject in found} == {16}


def test_the_status_is_the_same_for_everybody(voting):
    status = voting.status("qd")
    assert (status["state"], status["period"], status["now"]) == ("open", "2020-08-24", "2020-08-24T12:00:00.000+08:00")
    assert status["rule"]["votes"] == 1
