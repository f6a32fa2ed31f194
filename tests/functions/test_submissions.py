"""From a blank draft to a submission, asked as a page asks, on both stores."""

import logging
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import ContextVar
from dataclasses import replace
from datetime import timedelta
from threading import Event, Semaphore

import pytest
import submissions as complete_answers
from chalicelib import paper, papers, quotas
from chalicelib.drafts import State
from chalicelib.placing import freed
from chalicelib.tokens import hashed
from entries import CLOSES, EDITION, HALL, OPEN, Desk, Entrant, call_of, told
from together import at_once
from voters import Hands

from awards.entering import Places

UNIT = complete_answers.BUREAU


def test_a_draft_becomes_a_submission_with_a_number(desk):
    entrant = desk.entrant().filled()
    made = entrant.submit()
    assert (made.status_code, made.body) == (200, {"number": "2020-0001", "submitted": "2020-08-01T12:00:00+08:00"})
    read = entrant.read()
    assert (read["state"], read["number"], read["faults"], read["missing"]) == ("submitted", "2020-0001", [], [])
    assert [kind for kind, *_ in desk.mail.sent] == ["link", "received"]
    assert list(desk.store.places(EDITION, UNIT).held) == [entrant.draft]


def test_a_number_is_above_those_of_the_cases_that_the_call_knows(desk):
    assert desk.store.put_call(call_of(version=2) | {"first": 113})
    assert desk.entrant().filled().submit().body["number"] == "2020-0113"


def test_the_private_link_is_mailed_with_its_secret_where_no_log_sees_it(here, entrant):
    ((kind, to, language, values),) = here.mail.sent
    assert (kind, to, language) == ("link", "entrant1@example.org", "zh-CN")
    assert values["link"] == f"{HALL}/{EDITION}/apply/#{entrant.draft}.{entrant.token}"
    assert here.store.draft(EDITION, entrant.draft).token == hashed(entrant.token)
    assert entrant.token not in str(vars(here.store.draft(EDITION, entrant.draft)))


def test_a_host_header_that_leads_elsewhere_gets_no_link_mailed(here):
    here.submissions.drafting._hall, here.submissions.entries._origins = "", []
    said = {"email": "a@example.org"}
    assert told(here.ask("POST", "/drafts", said, host="evil.example", origin="https://evil.example")) == (
        503,
        "unavailable",
    )
    assert here.ask("POST", "/drafts", said, host="127.0.0.1:8000", origin="http://127.0.0.1:8000").status_code == 201
    assert [values["link"][:22] for *_, values in here.mail.sent] == ["http://127.0.0.1:8000/"]


def test_a_wrong_token_and_an_unknown_draft_are_told_apart_by_nobody(entrant):
    guessed = entrant.ask("GET", token="A" * 43)
    unknown = entrant.ask("GET", _draft="0" * 16)
    strange = entrant.ask("GET", _draft="../x")
    none = entrant.ask("GET", token="")
    assert {(each.status_code, str(each.body)) for each in (guessed, unknown, strange, none)} == {
        (404, str(guessed.body))
    }
    assert told(guessed) == (404, "no_such_draft")
    assert entrant.read()["state"] == "draft"  # so it was not for want of a draft


def test_also_who_may_not_read_a_draft_may_not_change_it(entrant):
    for method, path in (("PUT", ""), ("POST", "/submit"), ("POST", "/withdraw"), ("POST", "/files")):
        assert told(entrant.ask(method, path, {"revision": 1}, token="guessed")) == (404, "no_such_draft")
    assert entrant.read()["revision"] == 1


def test_nothing_of_a_draft_is_kept_by_a_cache(entrant):
    answers = [entrant.ask("GET"), entrant.save({}), entrant.ask("GET", token="wrong")]
    assert {each.headers["Cache-Control"] for each in answers} == {"no-store"}


def test_a_page_of_somebody_else_may_not_ask(here, entrant):
    assert told(entrant.ask("GET", origin="https://evil.example")) == (403, "foreign_origin")
    evil = here.ask("POST", "/drafts", {"email": "a@example.org"}, origin="https://evil.example")
    assert told(evil) == (403, "foreign_origin")
    assert told(entrant.ask("PUT", "", {"revision": 1}, content_type="text/plain")) == (415, "wrong_type")


def test_a_half_filled_form_is_kept_as_it_was_typed_and_told_what_is_missing(entrant):
    saved = entrant.save({"title": "案例", "contact_phone": "0532"})
    assert saved.body["revision"] == 2
    assert [fault["path"] for fault in saved.body["faults"]] == ["contact_phone"]
    assert "uscc" in [fault["path"] for fault in saved.body["missing"]]
    assert entrant.read()["answers"] == {"title": "案例", "contact_phone": "0532"}


def test_of_two_tabs_the_later_is_told_and_nothing_is_overwritten(desk):
    entrant = desk.entrant()
    assert entrant.save({"title": "甲"}).status_code == 200
    late = entrant.save({"title": "乙"})
    assert told(late) == (409, "stale")
    assert late.body["revision"] == 2
    assert entrant.read()["answers"] == {"title": "甲"}


def test_a_save_sent_again_because_its_answer_was_lost_is_answered_as_the_first(entrant):
    first, again = entrant.save({"title": "甲"}), entrant.save({"title": "甲"})
    assert (first.status_code, again.body) == (200, first.body)


def test_of_sixteen_tabs_at_once_one_saves_and_the_others_are_told(desk):
    entrant = desk.entrant()
    statuses = at_once(16, lambda number: entrant.save({"title": str(number)}).status_code)
    assert sorted(statuses) == [200] + [409] * 15
    assert entrant.read()["revision"] == 2


def test_what_is_missing_is_told_all_at_once_and_nothing_is_handed_in(entrant):
    entrant.save({"title": "案例"})
    refused = entrant.submit()
    assert told(refused) == (422, "incomplete")
    assert {"summary", "uscc", "pictures", "consents.privacy"} <= {fault["path"] for fault in refused.body["faults"]}
    assert all(set(fault) == {"path", "code", "zh", "en"} for fault in refused.body["faults"])
    assert entrant.read()["state"] == "draft"


def test_what_somebody_else_saved_since_is_not_handed_in_unseen(entrant):
    entrant.filled()
    late = entrant.submit(1)
    assert (told(late), late.body["revision"]) == ((409, "stale"), 2)
    assert entrant.read()["state"] == "draft"


def test_a_save_that_the_submit_overtakes_changes_nothing(desk):
    entrant, written = desk.entrant().filled(), desk.store.replace

    def overtaken(*what):
        desk.store.replace = written
        assert entrant.submit().status_code == 200
        return written(*what)

    desk.store.replace = overtaken
    assert told(entrant.save({"title": "乙"}, 2)) == (409, "not_a_draft")
    assert entrant.read()["answers"] == complete_answers.complete(EDITION)


def test_an_answer_that_names_a_file_that_nobody_uploaded_is_not_handed_in(entrant):
    entrant.save(complete_answers.complete(EDITION))
    refused = entrant.submit()
    assert told(refused) == (422, "incomplete")
    assert {fault["path"] for fault in refused.body["faults"]} == {"pictures", "signed_form", "signed_statement"}


def test_a_submit_sent_again_gives_the_same_answer_also_after_the_deadline(desk):
    entrant = desk.entrant().filled()
    first = entrant.submit()
    desk.clock.time = CLOSES
    again = entrant.submit()
    assert (again.status_code, again.body) == (200, first.body)
    assert [kind for kind, *_ in desk.mail.sent] == ["link", "received"]


def test_a_submit_whose_answer_was_lost_is_found_again(desk):
    entrant, written = desk.entrant().filled(), desk.store.replace

    def lost(*what):
        assert written(*what)
        desk.store.replace = written
        return False  # as a store that never heard of it

    desk.store.replace = lost
    assert entrant.submit().body == entrant.submit().body
    assert entrant.read()["state"] == "submitted"


def test_what_arrives_at_the_closing_instant_is_late_and_a_millisecond_before_is_not(desk):
    early, late = desk.entrant(1).filled(), desk.entrant(2).filled()
    desk.clock.time = CLOSES - timedelta(milliseconds=1)
    assert early.submit().status_code == 200
    desk.clock.time = CLOSES
    assert told(late.submit()) == (403, "closed")
    assert late.read()["state"] == "draft"


def test_a_form_replayed_after_the_deadline_changes_nothing(here, entrant):
    entrant.save({"title": "甲"})
    here.clock.time = CLOSES
    assert told(entrant.save({"title": "乙"}, 2)) == (403, "closed")
    link = {"field": "pictures", "name": "a.jpg", "type": "image/jpeg", "size": 9}
    assert told(entrant.ask("POST", "/files", link)) == (403, "closed")
    assert told(here.ask("POST", "/drafts", {"email": "b@example.org"})) == (403, "closed")
    assert (entrant.read()["answers"], entrant.read()["call"]) == ({"title": "甲"}, "closed")


def test_nothing_is_taken_before_the_call_opens(here):
    here.clock.time = OPEN.replace(month=7, day=1)
    assert told(here.ask("POST", "/drafts", {"email": "b@example.org"})) == (403, "not_open")
    assert here.ask("GET", "/call").body["state"] == "before"


def test_the_call_is_public_and_tells_the_server_s_clock(here):
    call = here.ask("GET", "/call", origin="https://anybody.example")
    assert (call.status_code, call.body) == (
        200,
        {
            "edition": EDITION,
            "state": "open",
            "opens": "2020-07-08T00:00:00+08:00",
            "closes": "2020-08-22T00:00:00+08:00",
            "now": "2020-08-01T12:00:00.000+08:00",
            "version": 1,
        },
    )
    assert told(here.ask("GET", "/call", _edition="nowhere")) == (404, "no_such_edition")


def test_a_submission_that_was_handed_in_is_not_changed(entrant):
    entrant.filled().submit()
    assert told(entrant.save({"title": "乙"}, 2)) == (409, "not_a_draft")
    assert told(entrant.ask("DELETE", "/files/{file}", _file="0" * 16)) == (409, "not_a_draft")


def returned(desk: Desk, entrant: Entrant) -> None:
    """As an editor's screening does."""
    there = desk.store.draft(EDITION, entrant.draft)
    decision = {"decision": "return", "reason": "请盖章", "at": desk.clock.now().isoformat(), "by": "甲"}
    assert desk.store.replace(there, replace(there, state=State.RETURNED, decisions=(decision,)))


def test_a_returned_submission_may_be_mended_until_the_deadline_and_keeps_its_number(desk):
    entrant = desk.entrant().filled()
    entrant.submit()
    returned(desk, entrant)
    assert entrant.read()["reasons"] == ["请盖章"]
    assert entrant.save(complete_answers.complete(EDITION) | {"title": "另一个题目"}, 2).status_code == 200
    desk.clock.move(hours=1)
    assert entrant.submit(3).body == {"number": "2020-0001", "submitted": "2020-08-01T13:00:00+08:00"}
    returned(desk, entrant)
    desk.clock.time = CLOSES
    assert told(entrant.save({}, 3)) == (403, "closed")
    assert told(entrant.submit(3)) == (403, "closed")


def test_a_returned_submission_that_changes_its_unit_moves_its_place(desk):
    entrant = desk.entrant().filled()
    entrant.submit()
    returned(desk, entrant)
    entrant.save(complete_answers.complete(EDITION) | {"uscc": complete_answers.COMPANY}, 2)
    assert entrant.submit(3).status_code == 200
    held = [list(desk.store.places(EDITION, unit).held) for unit in (UNIT, complete_answers.COMPANY)]
    assert held == [[], [entrant.draft]]


def limited(desk: Desk, cases: int) -> None:
    """Put a call in force that allows so many cases."""
    text = (call_of()["edition_toml"]).replace("per_entrant = 2", f"per_entrant = {cases}")
    assert f"per_entrant = {cases}" in text
    assert desk.store.put_call(call_of(version=2, edition_toml=text))
    desk.submissions.entries._calls._kept.clear()


@pytest.mark.parametrize("allowed", [1, 7])
def test_of_a_hundred_who_submit_for_one_unit_at_once_exactly_as_many_pass_as_may(desk, allowed):
    limited(desk, allowed)
    entrants = [desk.entrant(number).filled() for number in range(100)]
    outcomes = at_once(100, lambda number: entrants[number].submit().status_code)
    while 503 in outcomes:  # told to try again, they do
        outcomes = [entrants[at].submit().status_code if code == 503 else code for at, code in enumerate(outcomes)]
    assert sorted(outcomes) == [200] * allowed + [409] * (100 - allowed)
    received = [each for each in desk.store.drafts(EDITION) if each.state is State.SUBMITTED]
    assert {each.draft for each in received} == set(desk.store.places(EDITION, UNIT).held)
    assert len({each.number for each in received}) == allowed


def test_of_a_hundred_of_whom_half_are_late_exactly_the_others_pass(desk):
    entrants = [desk.entrant(number) for number in range(100)]
    codes = [f"{number:02}" for number in range(100)]
    for entrant, code in zip(entrants, codes, strict=True):
        entrant.filled(title=f"案例{code}")
    limited(desk, 1000)
    hands = {number: CLOSES if number % 2 else OPEN for number in range(100)}

    class Clocks(Hands):
        def now(self):
            return hands[numbers.get()]

    numbers: ContextVar[int] = ContextVar("number")
    desk.submissions.entries.clock = Clocks()

    def attempt(number: int) -> int:
        numbers.set(number)
        return entrants[number].submit().status_code

    outcomes = at_once(100, attempt)
    while 503 in outcomes:
        outcomes = [attempt(at) if code == 503 else code for at, code in enumerate(outcomes)]
    assert outcomes == [403 if number % 2 else 200 for number in range(100)]


def test_a_withdrawn_submission_frees_its_place(desk):
    limited(desk, 1)
    first, second = desk.entrant(1).filled(), desk.entrant(2).filled()
    assert first.submit().status_code == 200
    refused = second.submit()
    assert told(refused) == (409, "over_limit")
    assert [fault["code"] for fault in refused.body["faults"]] == ["over_limit"]
    assert first.ask("POST", "/withdraw").body == {"state": "withdrawn"}
    assert first.ask("POST", "/withdraw").body == {"state": "withdrawn"}
    assert second.submit().status_code == 200
    assert told(first.submit()) == (409, "not_a_draft")


def test_a_declined_submission_frees_its_place_and_is_for_the_organisers(desk):
    entrant = desk.entrant().filled()
    entrant.submit()
    there = desk.store.draft(EDITION, entrant.draft)
    assert desk.store.replace(there, replace(there, state=State.DECLINED, unit=""), freed(desk.store, there))
    assert desk.store.places(EDITION, UNIT) == Places()
    assert told(entrant.ask("POST", "/withdraw")) == (409, "decided")


def test_a_group_and_its_branches_are_one_unit(desk):
    sheet = complete_answers.complete(EDITION) | {"legal_form": "branch", "parent_uscc": complete_answers.GROUP}
    entrant = desk.entrant()
    entrant.save(sheet)
    entrant.upload(sheet)
    assert entrant.submit().status_code == 200
    assert list(desk.store.places(EDITION, complete_answers.GROUP).held) == [entrant.draft]


def test_html_in_every_field_comes_back_as_text(entrant):
    hostile = '<script>alert("1")</script><img src=x onerror=alert(1)>&amp;'
    sheet = {key: hostile for key, value in complete_answers.complete(EDITION).items() if isinstance(value, str)}
    entrant.save(sheet)
    read = entrant.ask("GET")
    assert read.body["answers"] == sheet
    assert read.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("size", [1_000_001, 10_000_000])
def test_a_story_that_is_far_too_long_is_refused_by_its_size(entrant, size):
    body = b'{"revision": 1, "answers": {"story": "' + b"x" * size + b'"}}'
    assert told(entrant.ask("PUT", "", body)) == (413, "too_large")
    assert entrant.read()["revision"] == 1


def test_answers_that_no_store_could_hold_are_refused_by_their_size(entrant):
    stories = dict.fromkeys(("story", "summary", "title"), "汉" * 99000)
    assert told(entrant.save(stories)) == (413, "too_large")
    assert entrant.read()["revision"] == 1


@pytest.mark.parametrize(
    "said",
    [b"{", b"[]", b"\xff", b"[" * 100_000, {"revision": 1}, {"answers": {}}, {"revision": True, "answers": {}}],
)
def test_what_no_page_of_ours_sends_is_refused_kindly(entrant, said):
    assert told(entrant.ask("PUT", "", said)) == (422, "malformed")


@pytest.mark.parametrize("email", [None, "", "nobody", "a@b", 7, "x" * 2000, "a@example.org\nBcc: b@example.org"])
def test_a_draft_needs_a_mailbox(here, email):
    assert told(here.ask("POST", "/drafts", {"email": email})) == (422, "malformed")
    assert here.mail.sent == []


def test_one_address_creates_so_many_drafts_an_hour(desk):
    for number in range(quotas.DRAFTS):
        assert desk.ask("POST", "/drafts", {"email": f"e{number}@example.org"}).status_code == 201
    desk.clock.move(minutes=20)
    refused = desk.ask("POST", "/drafts", {"email": "more@example.org"})
    assert (told(refused), refused.headers["Retry-After"]) == ((429, "too_many"), "2400")
    assert desk.ask("POST", "/drafts", {"email": "more@example.org"}, peer="198.51.100.2").status_code == 201
    desk.clock.move(minutes=40)
    assert desk.ask("POST", "/drafts", {"email": "more@example.org"}).status_code == 201


def test_nobody_s_mailbox_is_filled_through_us(here):
    spelt = ("Victim@Example.org", "victim@example.org", "VICTIM@EXAMPLE.ORG")
    sent = [
        here.ask("POST", "/drafts", {"email": spelt[number % 3]}, peer=f"198.51.100.{number}").status_code
        for number in range(quotas.MAILS + 3)
    ]
    assert sent == [201] * quotas.MAILS + [429] * 3


def test_a_mailbox_of_many_names_is_one_mailbox(here):
    named = ["victim@example.org", *(f"victim+{number}@example.org" for number in range(quotas.MAILS + 1))]
    sent = [
        here.ask("POST", "/drafts", {"email": email}, peer=f"198.51.100.{number}").status_code
        for number, email in enumerate(named)
    ]
    assert sent == [201] * quotas.MAILS + [429] * 2
    assert here.ask("POST", "/drafts", {"email": "other@example.org"}).status_code == 201


def test_no_address_and_no_mailbox_is_kept_plain_in_a_quota_or_written_to_a_log(here, caplog):
    caplog.set_level(logging.DEBUG)
    entrant = here.entrant().filled()
    entrant.submit()
    with here.store._read() as db:
        kept = str(db.execute("SELECT * FROM quotas").fetchall())
    assert kept != "[]"
    for private in ("198.51.", "example.org", entrant.token):
        assert private not in kept
        assert private not in caplog.text


def test_those_who_print_at_once_never_hold_the_whole_server(here, entrant, monkeypatch):
    held, leave, most = Semaphore(0), Event(), papers.AT_ONCE + papers.WAITING

    def slow(*_: object) -> bytes:
        held.release()
        leave.wait()
        return b"PK"

    monkeypatch.setattr(paper, "form_docx", slow)
    with ThreadPoolExecutor(most + 1) as pool:
        asked = [pool.submit(entrant.ask, "GET", "/paper") for _ in range(most + 1)]
        refused = next(as_completed(asked)).result()
        assert told(refused) == (503, "unavailable")
        leave.set()
        assert sorted(each.result().status_code for each in asked) == [200] * most + [503]


@pytest.mark.parametrize(
    "raw", [b"1" + b"0" * 400, b'[{"name":"a","type":"\\ud800","size":5,"digest":"%s"}]' % (b"a" * 64)]
)
def test_what_no_store_could_hold_is_left_out_of_a_draft_and_breaks_nothing(here, entrant, raw):
    said = b'{"revision":1,"answers":{"title":"\xe5\xa5\xbd","in_operation":%s,"signed_form":%s}}' % (raw, raw)
    assert entrant.ask("PUT", "", said).status_code == 200
    assert entrant.read()["answers"] == {"title": "好"}


def test_what_is_kept_of_entrants_is_readable_by_its_owner_alone(here, entrant):
    private = [path for path in here.store._path.parent.glob("submissions.sqlite*") if path.stat().st_mode & 0o077]
    assert (here.store._path.exists(), private) == (True, [])
