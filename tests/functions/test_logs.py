"""The ordinary log holds no address, and would be found out; the access log does, privately and for a time."""

import json
import logging
import re
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from chalicelib import accesslog, logs
from chalicelib.accesslog import AccessLog
from halls import port
from hypothesis import given
from hypothesis import strategies as st
from serving import Hall

from awards.errors import PingxuanError

VOTER, TOLD, TOLD_6 = "127.0.0.77", "198.51.100.77", "2001:db8:7::77"
PROXY = {"PINGXUAN_TRUST": "proxy:X-Real-IP", "PINGXUAN_LOG_LEVEL": "info", "PINGXUAN_ACCESS_LOG_DAYS": "2"}


def addresses(text: str) -> set[str]:
    """Whatever in a text is a network address."""
    found = set()
    for word in re.findall(r"[0-9A-Fa-f:.]+", text):
        try:
            found.add(str(ip_address(word.strip("."))))
        except ValueError:
            continue
    return found


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    hall = Hall(tmp_path, port())
    yield hall
    hall.kill()
    hall.store.close()


def test_no_address_stands_in_the_ordinary_log_and_each_is_found_in_the_access_log(hall):
    hall.start(**PROXY)
    assert hall.vote(voter=77, X_Real_IP=TOLD).status == 201
    assert hall.vote(word="b", voter=77, X_Real_IP=TOLD_6).status == 201
    assert hall.vote(voter=77, X_Real_IP=f"{TOLD}, {TOLD_6}").status == 503
    assert hall.vote(voter=77).status == 503
    assert hall.get(f"/api/{TOLD}").status == 404
    assert hall.get(f"/api/editions/qd/receipt?h={TOLD}").status == 503
    hall.get(f"/{TOLD}/")
    ordinary = (hall.folder / "output").read_text()
    told = lines(ordinary)
    assert {line["level"] for line in told} == {"info", "error"}
    assert [line["status"] for line in told if "status" in line][-6:] == [201, 201, 503, 503, 404, 503]
    access = "".join(path.read_text() for path in (hall.folder / "var" / "logs").iterdir())
    assert {VOTER, TOLD, TOLD_6} <= addresses(access)  # what is looked for would be found
    assert addresses(ordinary) == set()


def test_an_answer_bears_the_number_under_which_both_logs_tell_of_it(hall):
    hall.start(**PROXY)
    answer = hall.vote(X_Real_IP=TOLD)
    number = answer.headers["x-request-id"]
    assert [line["status"] for line in lines((hall.folder / "output").read_text()) if line.get("request") == number]
    (file,) = (hall.folder / "var" / "logs").iterdir()
    (line,) = [line for line in lines(file.read_text()) if line["request"] == number]
    shown = {key: line[key] for key in ("peer", "address", "method", "path", "status")}
    path = "/api/editions/qd/votes"
    assert shown == {"peer": "127.0.0.1", "address": TOLD, "method": "POST", "path": path, "status": 201}
    assert len({hall.get("/").headers["x-request-id"] for _ in range(3)}) == 3


def test_the_access_log_is_private_and_tells_no_query_and_no_case(hall):
    hall.start(**PROXY)
    hall.vote(X_Real_IP=TOLD)
    hall.get("/api/editions/qd/receipt?h=secret&nonce=secret")
    (file,) = (hall.folder / "var" / "logs").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "secret" not in file.read_text()
    assert not re.search(r"\bc1\b", file.read_text())


def test_unless_it_is_asked_for_there_is_no_access_log_and_nothing_is_printed(hall):
    hall.start()
    hall.vote()
    assert not (hall.folder / "var" / "logs").exists()
    assert (hall.folder / "output").read_text() == ""


@pytest.mark.parametrize(
    ("settings", "days"),
    [
        ({}, 0),
        ({"PINGXUAN_STAGE": "prod"}, 0),
        ({"PINGXUAN_STAGE": "cn"}, 180),
        ({"PINGXUAN_STAGE": "cn", "PINGXUAN_ACCESS_LOG_DAYS": "365"}, 365),
        ({"PINGXUAN_ACCESS_LOG_DAYS": "7"}, 7),
    ],
)
def test_accesses_are_kept_as_long_as_is_said(settings, days):
    assert accesslog.days(settings) == days


@pytest.mark.parametrize("told", ["-1", "six months", "1.5", "９", "99999"])
def test_what_is_no_number_of_days_refuses_to_start(told):
    with pytest.raises(PingxuanError) as error:
        accesslog.days({"PINGXUAN_ACCESS_LOG_DAYS": told})
    assert error.value.advice


def test_a_level_that_is_not_known_refuses_to_start():
    with pytest.raises(PingxuanError):
        logs.settings({"PINGXUAN_LOG_LEVEL": "loud"})


def test_what_is_older_than_is_kept_is_deleted_and_nothing_else(tmp_path):
    today = datetime.now(UTC)
    for age in range(6):
        (tmp_path / f"access-{today - timedelta(days=age):%Y-%m-%d}.jsonl").write_text("{}\n")
    (tmp_path / "notes.txt").write_text("kept")
    AccessLog(tmp_path, 3).write({"peer": VOTER}, "GET", "/", 200, "1")
    kept = [f"access-{today - timedelta(days=age):%Y-%m-%d}.jsonl" for age in (3, 2, 1, 0)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*kept, "notes.txt"]
    assert stat.S_IMODE((tmp_path / kept[-1]).stat().st_mode) == 0o600


def test_a_log_that_cannot_be_written_is_told_of_once_and_stops_nothing(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    log = AccessLog(tmp_path / "file" / "logs", 1)
    for _ in range(3):
        log.write({"peer": VOTER}, "GET", "/", 200, "1")
    assert len(caplog.records) == 1
    assert VOTER not in caplog.text


def test_an_address_in_a_foreign_message_is_blotted_out():
    error = ConnectionError(f"no route from {VOTER} to [{TOLD_6}]:443")
    record = logging.LogRecord("x", logging.ERROR, "", 0, f"lost {TOLD}:80", (), (type(error), error, None))
    line = logs.Lines().format(record)
    assert addresses(line) == set()
    assert "lost [address]:80" in line
    assert "no route from [address] to [[address]]:443" in line


@given(st.ip_addresses(), st.sampled_from(["{}", "from {} on", "({})", "peer={},", "'{}'", "[{}]:443", "{}/64"]))
def test_every_address_is_blotted_out(address, text):
    blotted = logs.without_addresses(text.format(address))
    assert addresses(blotted) == set()
    assert "[address]" in blotted


@pytest.mark.parametrize("text", ["at 10:05:00 it", "awards::ballot", "File x.py, line 3", "version 2.8.7"])
def test_what_is_no_address_stays(text):
    assert logs.without_addresses(text) == text
