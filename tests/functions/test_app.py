"""The app behind the gateway, without a network: statuses, codes and sentences."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from threading import Barrier, Event
from types import SimpleNamespace
from urllib.parse import urlencode, urlsplit

import pytest
from app import app
from chalice.app import Chalice, Response
from chalicelib.context import ThreadedChalice
from chalicelib.events import rest
from chalicelib.gateway import Gateway, _event, read_body
from halls import wait_until
from voters import RULE, h_of

VOTES = "/api/editions/qd/votes"
JSON = {"CONTENT_TYPE": "application/json"}
FORM = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "HTTP_ORIGIN": "http://hall.example"}


@pytest.fixture
def ask(voting):
    """Ask the app as a server would: method, address, body, headers."""
    app.voting = voting
    gateway = Gateway(app)

    def ask(method: str, address: str, body: bytes = b"", **environ: str):
        url = urlsplit(address)
        base = {"REMOTE_ADDR": "203.0.113.9", "HTTP_HOST": "hall.example", "QUERY_STRING": url.query}
        request = base | {"REQUEST_METHOD": method, "wsgi.input": BytesIO(body)} | environ
        status, headers, content = gateway.reply(url.path, request, read_body(request))
        return SimpleNamespace(status=status, headers=headers, text=content.decode(), json=lambda: json.loads(content))

    yield ask
    del app.voting


def test_a_vote_is_answered_with_its_receipt(ask):
    body = json.dumps({"cases": ["c1"], "h": h_of("a")}).encode()
    first, again = ask("POST", VOTES, body, **JSON), ask("POST", VOTES, body, **JSON)
    assert (first.status, again.status) == (201, 200)
    said = first.json()
    assert (said["code"], said["next"]) == ("counted", "2020-08-25T00:00:00+08:00")
    assert again.json()["receipt"] == said["receipt"]
    assert again.json()["code"] == "already_counted"
    assert said["message"]["zh-CN"]
    assert first.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "address", "body", "environ", "status", "code"),
    [
        ("GET", VOTES, b"", {}, 405, "wrong_method"),
        ("PUT", VOTES, b"{}", JSON, 405, "wrong_method"),
        ("OPTIONS", "/api/editions/qd/status", b"", {}, 405, "wrong_method"),
        ("POST", "/api/editions/qd/status", b"", {}, 405, "wrong_method"),
        ("GET", "/api/nothing", b"", {}, 404, "not_found"),
        ("POST", "/api/editions/qd/votes/", b"{}", JSON, 404, "not_found"),
        ("POST", "/api/editions/nowhere/votes", b"{}", JSON, 404, "no_such_edition"),
        ("POST", VOTES, b"{}", {"CONTENT_TYPE": "text/plain"}, 415, "wrong_type"),
        ("POST", VOTES, b"{}", {}, 415, "wrong_type"),
        ("POST", VOTES, b"{", JSON, 422, "malformed"),
        ("POST", VOTES, b"[]", JSON, 422, "malformed"),
        ("POST", VOTES, b" " * 100_000, JSON, 413, "too_large"),
        ("POST", VOTES, b"{}", JSON | {"HTTP_ORIGIN": "https://news.example"}, 403, "foreign_origin"),
        ("GET", "/api/editions/nowhere/status", b"", {}, 404, "no_such_edition"),
        ("GET", "/api/editions/qd/receipt?h=1", b"", {}, 404, "no_such_receipt"),
    ],
)
def test_bad_input_is_told_in_both_languages(ask, method, address, body, environ, status, code):  # noqa: PLR0917 a row
    answer = ask(method, address, body, **environ)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert set(answer.json()["message"]) == {"zh-CN", "en"}
    assert all(answer.json()["message"].values())


def test_a_vote_received_in_time_that_waits_for_the_disk_past_the_close_counts(ask, store, clock, monkeypatch):
    monkeypatch.setattr(app, "together", store.together)
    clock.time = RULE.window.closes - timedelta(milliseconds=1)
    busy, free = Event(), Event()
    body = json.dumps({"cases": ["c1"], "h": h_of("a")}).encode()
    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(store.together, lambda: busy.set() or free.wait(10))
        assert busy.wait(10)
        voted = pool.submit(ask, "POST", VOTES, body, **JSON)
        wait_until(lambda: store._commits._waiting, "no vote waits")
        clock.time = RULE.window.closes
        free.set()
        assert held.result()
        assert voted.result().status == 201
    late = ask("POST", VOTES, body, **JSON | {"REMOTE_ADDR": "203.0.113.10"})
    assert (late.status, late.json()["code"]) == (403, "closed")


def test_all_faults_of_a_ballot_are_told(ask):
    answer = ask("POST", VOTES, json.dumps({"cases": 1, "h": 2, "period": 3}).encode(), **JSON)
    assert [fault["field"] for fault in answer.json()["faults"]] == ["cases", "h", "period"]


def test_a_thousand_cases_are_malformed_and_not_too_large(ask):
    body = {"cases": [f"2020-category-{number:026}" for number in range(1000)], "h": h_of("a")}
    assert ask("POST", VOTES, json.dumps(body).encode(), **JSON).status == 422


def test_a_refusal_for_now_says_when(ask, clock):
    body = json.dumps({"cases": ["c1"], "h": h_of("a")}).encode()
    clock.move(days=-3)
    early = ask("POST", VOTES, body, **JSON).json()
    assert (early["code"], early["opens"]) == ("not_open", "2020-08-21T16:00:00+00:00")
    clock.move(days=3)
    ask("POST", VOTES, body, **JSON)
    late = ask("POST", VOTES, json.dumps({"cases": ["c2"], "h": h_of("b")}).encode(), **JSON)
    assert (late.status, late.json()["next"]) == (409, "2020-08-25T00:00:00+08:00")


def test_the_status_may_be_kept_for_ten_seconds(ask):
    answer = ask("GET", "/api/editions/qd/status")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "public, max-age=10")
    assert answer.json()["state"] == "open"
    assert ask("HEAD", "/api/editions/qd/status").status == 200


def test_without_script_a_form_leads_to_the_page_of_its_receipt(ask):
    posted = ask("POST", VOTES, b"case=c1", **FORM)
    assert (posted.status, posted.text) == (303, "")
    page = ask("GET", posted.headers["Location"])
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    for part in (
        '<html lang="zh-CN">',
        "<main",
        "<h1>投票回执</h1>",
        "您的一票已计入",
        "/qd/cases/c1/",
        "凭证",
        "/static/hall.css",
    ):
        assert part in page.text
    again = ask("GET", ask("POST", VOTES, b"case=c1", **FORM).headers["Location"])
    assert "没有重复计票" in again.text
    refused = ask("POST", VOTES, b"case=c2", **FORM)
    assert refused.status == 409
    assert "2020-08-25 00:00" in refused.text


@pytest.mark.parametrize(
    ("body", "environ", "status", "words"),
    [
        (b"case=c9", {}, 404, "本届没有这个案例"),
        (b"", {}, 422, "这张选了 0 个"),
        (b"case=c1", {"HTTP_ORIGIN": "null"}, 403, "只能在本展厅"),
        (b"case=c1", {"HTTP_X_FORWARDED_FOR": "1.2.3.4"}, 503, "投票服务暂不可用"),
        (b"case=%ff%fe", {}, 422, "不是有效的表单"),
        (b"case=<script>", {}, 404, "本届没有这个案例"),
    ],
)
def test_a_form_that_is_refused_gets_a_page(ask, body, environ, status, words):
    ask("GET", "/api/editions/qd/status")
    answer = ask("POST", VOTES, body, **FORM | environ)
    assert answer.status == status
    assert words in answer.text
    assert "<script" not in answer.text


def test_a_form_without_origin_and_referer_is_asked_and_then_counted(ask):
    kind = {"CONTENT_TYPE": FORM["CONTENT_TYPE"]}
    asked = ask("POST", VOTES, b"case=c1", **kind)
    assert asked.status == 428
    token = asked.text.partition('name="confirm" value="')[2].partition('"')[0]
    assert ask("POST", VOTES, urlencode({"case": "c1", "confirm": token}).encode(), **kind).status == 303


def test_what_is_away_is_told_with_a_time_and_the_log_names_the_setting(ask, caplog):
    answer = ask(
        "POST", VOTES, b'{"cases":["c1"],"h":"%s"}' % h_of("a").encode(), **JSON | {"HTTP_FORWARDED": "for=1.2.3.4"}
    )
    assert (answer.status, answer.json()["code"], answer.headers["Retry-After"]) == (503, "unavailable", "5")
    assert "PINGXUAN_TRUST=direct" in caplog.text
    assert "1.2.3.4" not in caplog.text


def test_an_error_inside_is_recorded_and_shows_nothing_of_itself(ask, caplog, voting, monkeypatch):
    monkeypatch.setattr(voting, "_store", None)
    with caplog.at_level(logging.ERROR):
        answer = ask("GET", "/api/editions/qd/status")
    assert (answer.status, answer.json()["code"]) == (500, "broken")
    assert "Traceback" in caplog.text
    assert "NoneType" not in answer.text


def test_settings_that_refuse_to_start_break_kindly(monkeypatch, caplog):
    monkeypatch.setenv("PINGXUAN_TRUST", "leftmost")
    status, _, body = Gateway(app).reply("/api/editions/qd/status", {"REQUEST_METHOD": "GET"}, b"")
    assert (status, json.loads(body)["code"]) == (500, "broken")
    assert "PINGXUAN_TRUST" in caplog.text


def at_once(kind: type[Chalice]) -> list[dict[str, str]]:
    """What two requests see of themselves, both being in hand."""
    shared, both, path = kind("barrier", configure_logs=False), Barrier(2), "/api/editions/{edition}/status"

    @shared.route(path)
    def show(edition):
        both.wait(5)
        return Response({"seen": shared.current_request.uri_params["edition"], "context": shared.lambda_context})

    def get(edition: str) -> dict[str, str]:
        event = _event(path.format(edition=edition), {"REQUEST_METHOD": "GET"}, b"")
        return json.loads(shared(rest(event, shared.routes), f"context of {edition}")["body"])

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(get, ("one", "two")))


def test_two_requests_at_once_never_mix():
    apart = [{"seen": "one", "context": "context of one"}, {"seen": "two", "context": "context of two"}]
    assert at_once(Chalice) != apart  # as Chalice has it, they do
    assert [at_once(ThreadedChalice) for _ in range(50)] == [apart] * 50
