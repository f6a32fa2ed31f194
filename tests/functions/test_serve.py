"""The single-machine server as a voter, a proxy and an operator meet it: real processes, real HTTP."""

import re
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from threading import Event

import pytest
from halls import port, wait_until
from serving import VOTES, Hall
from together import at_once
from voters import NOON, RULE, h_of

from awards.errors import PingxuanError
from functions import serve

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def hall(tmp_path: Path, free_port: int) -> Iterator[Hall]:
    hall = Hall(tmp_path, free_port)
    yield hall
    hall.kill()
    hall.store.close()


@pytest.fixture(scope="module")
def open_hall(tmp_path_factory) -> Iterator[Hall]:
    """One server for the tests that only vote; each as another voter."""
    hall = Hall(tmp_path_factory.mktemp("hall"), port()).start()
    yield hall
    hall.kill()
    hall.store.close()


def test_a_vote_is_counted_once_however_often_it_is_sent(open_hall):
    first, again = open_hall.vote(voter=2), open_hall.vote(voter=2)
    assert (first.status, again.status) == (201, 200)
    assert first.json()["receipt"] == again.json()["receipt"]
    other = open_hall.vote("c2", "b", voter=2)
    assert (other.status, other.json()["code"]) == (409, "already_voted")
    assert other.json()["next"] == "2020-08-25T00:00:00+08:00"
    assert open_hall.vote("c2", "a", voter=2).status == 409  # the same h for another case


def test_of_sixteen_votes_at_once_from_one_address_exactly_one_is_counted(open_hall):
    statuses = at_once(16, lambda number: open_hall.vote(word=f"at once {number}", voter=3).status)
    assert sorted(statuses) == [201] + [409] * 15


def test_sixteen_voters_at_once_are_all_counted_and_none_gets_anothers_receipt(open_hall):
    def attempt(number: int) -> tuple[int, str]:
        answer = open_hall.vote(word=f"voter {number}", voter=100 + number)
        return answer.status, answer.json()["receipt"]["h"]

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(attempt, range(64))) == [(201, h_of(f"voter {number}")) for number in range(64)]


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "code"),
    [
        ("POST", "/api/editions/nowhere/votes", b"{}", {"Content_Type": "application/json"}, 404, "no_such_edition"),
        ("POST", VOTES, b"{}", {"Content_Type": "text/plain"}, 415, "wrong_type"),
        ("POST", VOTES, b"{}", {}, 415, "wrong_type"),
        ("POST", VOTES, b"{", {"Content_Type": "application/json"}, 422, "malformed"),
        ("POST", VOTES, b"x" * 10_000_000, {"Content_Type": "application/json"}, 413, "too_large"),
        (
            "POST",
            VOTES,
            b"{}",
            {"Content_Type": "application/json", "Origin": "https://news.example"},
            403,
            "foreign_origin",
        ),
        ("GET", VOTES, None, {}, 405, "wrong_method"),
        ("DELETE", "/", None, {}, 405, "wrong_method"),
        ("GET", "/api/%ff", None, {}, 404, "not_found"),
        ("GET", "/api/editions/a%2Fb/status", None, {}, 404, "not_found"),
    ],
)
def test_bad_input_is_answered_kindly(open_hall, method, path, body, headers, status, code):  # noqa: PLR0917 one row
    answer = open_hall.ask(method, path, body, voter=4, **headers)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert all(answer.json()["message"].values())


@pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded"])
def test_directly_a_request_through_a_proxy_is_unavailable(open_hall, header):
    answer = open_hall.vote(**{header: "198.51.100.1"})
    assert (answer.status, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "PINGXUAN_TRUST=direct" in (open_hall.folder / "output").read_text()


def test_without_script_a_vote_is_counted_and_shown(open_hall):
    ours = {"Content_Type": FORM, "Origin": f"http://127.0.0.1:{open_hall.port}"}
    posted = open_hall.ask("POST", VOTES, b"case=c1", voter=6, **ours)
    assert posted.status == 303
    page = open_hall.ask("GET", posted.headers["location"], voter=6)
    assert (page.status, "您的一票已计入" in page.text) == (200, True)
    again = open_hall.ask("POST", VOTES, b"case=c1", voter=6, **ours)
    assert "没有重复计票" in open_hall.ask("GET", again.headers["location"], voter=6).text
    assert open_hall.ask("GET", posted.headers["location"], voter=7).status == 404
    foreign = open_hall.ask("POST", VOTES, b"case=c1", voter=7, Content_Type=FORM, Origin="https://news.example")
    assert (foreign.status, "<h1>" in foreign.text) == (403, True)
    untold = open_hall.ask("POST", VOTES, b"case=c1", voter=7, Content_Type=FORM)
    assert (untold.status, "<form" in untold.text) == (428, True)


def test_head_and_conditional_requests_send_no_body(open_hall):
    page = open_hall.get("/")
    head = open_hall.ask("HEAD", "/")
    known = open_hall.get("/", If_None_Match=page.headers["etag"])
    assert (page.text, head.text, known.text) == ("home of one", "", "")
    assert (head.status, head.headers["content-length"], known.status) == (200, "11", 304)
    assert open_hall.ask("HEAD", "/api/editions/qd/status").status == 200
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "path", ["/../var/votes.sqlite", "/%2e%2e/var/votes.sqlite", "//etc/passwd", "/..%2fvar/votes.sqlite"]
)
def test_no_path_leaves_the_site(open_hall, path):
    assert open_hall.get(path).status == 404


def test_the_site_may_be_switched_while_it_is_served(open_hall):
    (open_hall.folder / "two").mkdir()
    (open_hall.folder / "two" / "index.html").write_text("home of two")
    done, seen = Event(), set()

    def read() -> None:
        while not done.is_set():
            page = open_hall.get("/")
            seen.add((page.status, page.text))

    with ThreadPoolExecutor(2) as pool:
        reading = [pool.submit(read) for _ in range(2)]
        for release in ("two", "one") * 20:
            (open_hall.folder / "next").symlink_to(release)
            (open_hall.folder / "next").replace(open_hall.folder / "site")
        done.set()
        for each in reading:
            each.result()
    assert seen <= {(200, "home of one"), (200, "home of two")}
    assert seen


def test_a_vote_is_late_at_the_instant_of_closing_and_the_clock_moves(hall):
    hall.start(RULE.window.closes - timedelta(seconds=4))
    assert hall.vote().status == 201
    wait_until(lambda: hall.get("/api/editions/qd/status").json()["state"] == "closed")
    late = hall.vote(word="late", voter=2)
    assert (late.status, late.json()["code"]) == (403, "closed")
    assert hall.vote().status == 200  # the retry of the vote in time
    wait_until(lambda: hall.counts() == {"c1": 1, "c2": 0})
    hall.stop()
    hall.start(RULE.window.closes)
    assert hall.vote(word="late", voter=2).json()["code"] == "closed"


def test_before_the_opening_nobody_votes(hall):
    hall.start(RULE.window.opens - timedelta(hours=1))
    answer = hall.vote()
    assert (answer.status, answer.json()["code"]) == (403, "not_open")
    assert answer.json()["opens"] == RULE.window.opens.isoformat()


def test_every_acknowledged_vote_survives_sigkill_and_is_counted(hall):
    hall.start()
    acknowledged: set[int] = set()

    def stuff(number: int) -> None:
        try:
            if hall.vote("c1" if number % 2 else "c2", f"kill {number}", 10 + number).status == 201:
                acknowledged.add(number)
        except (OSError, HTTPException):
            pass  # killed before the answer

    with ThreadPoolExecutor(8) as pool:
        attempts = [pool.submit(stuff, number) for number in range(200)]
        wait_until(lambda: len(acknowledged) > 40)
        hall.kill()
        for attempt in attempts:
            attempt.result()
    assert 40 < len(acknowledged) < 200
    hall.start()
    retried = [hall.vote("c1" if number % 2 else "c2", f"kill {number}", 10 + number).status for number in acknowledged]
    assert set(retried) == {200}
    stored = [cases for _, cases in hall.store.votes_after("qd", 0, 1000)]
    wait_until(lambda: hall.counts() == {"c1": stored.count(("c1",)), "c2": stored.count(("c2",))})
    assert len(acknowledged) <= len(stored) <= len(acknowledged) + 8  # at most what was in hand


def test_no_orphan_holds_the_port_when_the_supervisor_is_killed(hall):
    hall.start()
    worker = int(subprocess.check_output(["pgrep", "-P", str(hall.process.pid)]).split()[0])
    hall.kill(group=False)
    wait_until(lambda: not Path(f"/proc/{worker}").exists() or " Z " in Path(f"/proc/{worker}/stat").read_text(), 5)
    hall.start()


def test_a_store_that_is_locked_is_unavailable_and_then_takes_the_same_vote(hall):
    hall.start()
    assert hall.vote(voter=9).status == 201
    other = sqlite3.connect(hall.folder / "var" / "votes.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    away = hall.vote()
    assert (away.status, away.json()["code"]) == (503, "unavailable")
    assert int(away.headers["retry-after"]) > 0
    assert hall.get("/").status == 200  # the hall stays up
    other.execute("ROLLBACK")
    other.close()
    assert hall.vote().status == 201
    wait_until(lambda: hall.counts() == {"c1": 2, "c2": 0})  # so did the sealer's turn come


def test_whoever_sends_slowly_never_holds_the_hall(hall):
    hall.start()
    slow = [socket.create_connection(("127.0.0.1", hall.port)) for _ in range(serve.THREADS + 8)]
    head = f"POST {VOTES} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{{"
    for connection in slow:
        connection.sendall(head.encode())
    wait_until(lambda: hall.vote().status == 503)  # as many bodies as may be read are waited for
    assert hall.get("/").status == 200
    assert hall.vote().headers["retry-after"] == "5"
    for connection in slow:
        connection.close()
    wait_until(lambda: hall.vote().status in (200, 201))  # the same vote, if it was taken before the bodies came


def test_behind_a_named_proxy_its_header_is_the_voter(hall):
    secret = "correct horse battery"
    hall.start(PINGXUAN_TRUST="proxy:X-Real-IP", PINGXUAN_ORIGIN_SECRET=secret)
    through = {"X_Origin_Secret": secret, "X_Forwarded_For": "198.51.100.1"}
    statuses = [hall.vote(word=who, X_Real_IP=who, **through).status for who in ("203.0.113.1", "203.0.113.2")]
    assert statuses == [201, 201]
    assert hall.vote(word="again", voter=2, X_Real_IP="::ffff:203.0.113.1", **through).status == 409
    assert hall.vote(X_Real_IP="203.0.113.3").status == 503
    assert hall.vote(**through).status == 503


def test_the_server_stops_when_told_and_printed_nothing(hall):
    hall.start()
    hall.vote()
    assert hall.stop() == 0
    assert (hall.folder / "output").read_text() == ""


def test_a_port_that_is_taken_is_told_kindly(tmp_path, free_port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port))
        taken.listen()
        with pytest.raises(PingxuanError, match=f"cannot listen on 127.0.0.1:{free_port}"):
            serve.run(tmp_path, tmp_path, free_port)


@pytest.mark.parametrize(
    ("text", "published", "stage", "said"),
    [
        ("yesterday", False, "dev", "no time"),
        ("2020-08-24", False, "dev", "no zone"),
        ("2020-08-24T10:00+08:00", True, "dev", "--site"),
        ("2020-08-24T10:00+08:00", False, "prod", "PINGXUAN_STAGE"),
    ],
)
def test_a_time_to_start_at_is_refused_with_advice(text, published, stage, said, monkeypatch):
    monkeypatch.setenv("PINGXUAN_STAGE", stage)
    with pytest.raises(PingxuanError, match=re.escape(said)):
        serve.read_as_of(text, published=published)


def test_a_time_to_start_at_is_read(monkeypatch):
    monkeypatch.delenv("PINGXUAN_STAGE", raising=False)
    assert serve.read_as_of("2020-08-24T12:00+08:00") == NOON
    assert serve.read_as_of(None, published=True) is None
