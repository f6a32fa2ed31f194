"""Which pages on other origins may send votes as JSON and read the answers, as the Fetch standard asks."""

import json
from io import BytesIO
from types import SimpleNamespace

import pytest
from app import app
from chalicelib.gateway import Gateway, read_body
from chalicelib.refused import UnavailableError
from voters import h_of

VOTES = "/api/editions/qd/votes"
PARTNER = "https://partner.example"
ORIGIN = "Access-Control-Allow-Origin"
PREFLIGHT = {"HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST", "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "content-type"}


@pytest.fixture
def ask(voting):
    app.voting = voting
    app._partners.clear()

    def ask(method: str, path: str, body: bytes = b"", **environ: str):
        base = {"REMOTE_ADDR": "203.0.113.9", "HTTP_HOST": "hall.example", "REQUEST_METHOD": method}
        request = base | {"wsgi.input": BytesIO(body)} | environ
        status, headers, content = Gateway(app).reply(path, request, read_body(request))
        return SimpleNamespace(status=status, headers=headers, text=content.decode())

    yield ask
    del app.voting


def vote(ask, origin: str, word: str = "a", case: str = "c1", kind: str = "application/json"):
    body = json.dumps({"cases": [case], "h": h_of(word)}).encode()
    return ask("POST", VOTES, body, CONTENT_TYPE=kind, HTTP_ORIGIN=origin)


def test_a_partner_may_ask_to_vote_and_is_named_alone(ask):
    answer = ask("OPTIONS", VOTES, HTTP_ORIGIN=PARTNER, **PREFLIGHT)
    assert (answer.status, answer.text) == (204, "")
    told = {
        name: value for name, value in answer.headers.items() if name.startswith("Access-Control") or name == "Vary"
    }
    assert told == {
        ORIGIN: PARTNER,
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": "600",
        "Access-Control-Expose-Headers": "Retry-After, X-Request-Id",
        "Vary": "Origin",
    }


@pytest.mark.parametrize(
    "origin", ["https://news.example", "null", "http://partner.example", "https://partner.example.news.example"]
)
def test_any_other_page_is_told_no(ask, origin):
    asked, sent = ask("OPTIONS", VOTES, HTTP_ORIGIN=origin, **PREFLIGHT), vote(ask, origin)
    assert (asked.status, sent.status) == (403, 403)
    for answer in (asked, sent):
        assert ORIGIN not in answer.headers
        assert answer.headers["Vary"] == "Origin"


def test_without_an_origin_the_question_is_what_the_address_takes(ask):
    answer = ask("OPTIONS", VOTES)
    assert (answer.status, answer.headers["Allow"], ORIGIN in answer.headers) == (204, "POST, OPTIONS", False)


def test_a_partners_page_reads_every_answer_to_its_vote(ask):
    answers = [vote(ask, PARTNER), vote(ask, PARTNER), vote(ask, PARTNER, "b"), vote(ask, PARTNER, "c", "c9")]
    assert [answer.status for answer in answers] == [201, 200, 409, 404]
    answers.append(vote(ask, PARTNER, kind="text/plain"))
    assert answers[-1].status == 415
    assert {answer.headers[ORIGIN] for answer in answers} == {PARTNER}


def test_a_partner_reads_that_the_store_is_away(ask, voting, monkeypatch):
    assert vote(ask, PARTNER).status == 201

    def away(_edition):
        raise UnavailableError("away")

    monkeypatch.setattr(voting, "paper", away)
    answer = vote(ask, PARTNER, "b")
    assert (answer.status, answer.headers[ORIGIN], answer.headers["Retry-After"]) == (503, PARTNER, "5")


def test_the_halls_own_origins_may_be_asked_from_too(ask, monkeypatch):
    monkeypatch.setenv("PINGXUAN_ORIGINS", "https://hall.example.org")
    assert ask("OPTIONS", VOTES, HTTP_ORIGIN="https://hall.example.org", **PREFLIGHT).status == 204


@pytest.mark.parametrize("origin", ["https://news.example", "null"])
def test_a_foreign_form_is_refused(ask, origin):
    form = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "HTTP_ORIGIN": origin}
    answer = ask("POST", VOTES, b"case=c1", **form)
    assert (answer.status, ORIGIN in answer.headers) == (403, False)


def test_any_page_may_read_the_status(ask):
    answer = ask("GET", "/api/editions/qd/status", HTTP_ORIGIN="https://news.example")
    assert (answer.status, answer.headers[ORIGIN], "Vary" in answer.headers) == (200, "*", False)
