"""Uploads as a browser, a slow phone and a stranger meet them: the real server, real connections."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chalicelib import uploading
from chalicelib.uploads import TARGET, FolderUploads
from halls import wait_until
from posting import form, kind
from serving import Hall
from voters import NOON

from functions.serve import THREADS

KEY, PDF = "qd-2020/aB3_-x/f1", "application/pdf"
MULTIPART = {"Content_Type": kind()}


@pytest.fixture
def hall(tmp_path: Path, free_port: int) -> Iterator[Hall]:
    hall = Hall(tmp_path, free_port).start()
    yield hall
    hall.kill()
    hall.store.close()


@pytest.fixture
def uploads(hall) -> FolderUploads:
    return FolderUploads.of(hall.folder / "var", lambda: NOON)


def left(hall: Hall) -> list[Path]:
    return [path for path in (hall.folder / "var" / "uploads").rglob("*") if path.is_file()]


def test_a_file_is_posted_once_and_refused_the_second_time(hall, uploads):
    link, data = uploads.link(KEY, PDF, 1, 3_000_000), b"%PDF-" + b"x" * 2_000_000
    assert link.url == TARGET
    answer = hall.ask("POST", link.url, form(link.fields, data), **MULTIPART)
    assert (answer.status, answer.text, answer.headers["cache-control"]) == (204, "", "no-store")
    again = hall.ask("POST", link.url, form(link.fields, data), **MULTIPART)
    assert (again.status, again.json()["code"]) == (409, "already_uploaded")
    assert uploads.take(KEY) == len(data)
    assert [path.stat().st_mode & 0o077 for path in left(hall)] == [0]


@pytest.mark.parametrize(
    ("data", "changed", "headers", "status", "code"),
    [
        (b"x" * 20_000_000, {}, MULTIPART, 413, "file_too_large"),
        (b"", {}, MULTIPART, 400, "file_too_small"),
        (b"x", {"key": "qd-2020/aB3_-x/f2"}, MULTIPART, 403, "bad_link"),
        (b"x" * 20_000_000, {"Content-Type": "text/html"}, MULTIPART, 403, "bad_link"),
        (b"x", {}, {"Content_Type": "application/json"}, 400, "bad_upload"),
        (b"x", {}, {}, 400, "bad_upload"),
    ],
)
def test_what_is_refused_is_told_in_both_languages_even_to_who_sends_far_too_much(  # noqa: PLR0917 one row
    hall, uploads, data, changed, headers, status, code
):
    link = uploads.link(KEY, PDF, 1, 1000)
    answer = hall.ask("POST", TARGET, form({**link.fields, **changed}, data), **headers)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert sorted(answer.json()["message"]) == ["en", "zh-CN"]
    assert left(hall) == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_there_is_nothing_to_read_at_the_address_of_uploads(hall, method):
    answer = hall.ask(method, TARGET)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert hall.get("/uploads/taken/" + KEY).status == 404
    assert hall.get("/uploads.key").status == 404


def test_a_sender_who_is_cut_off_leaves_nothing_and_may_try_again(hall, uploads):
    link = uploads.link(KEY, PDF, 1, 1_000_000)
    body = form(link.fields, b"x" * 500_000)
    for sent in (10, 300, len(body) // 2, len(body) - 4):
        with begin(hall, len(body)) as line:
            line.sendall(body[:sent])
            time.sleep(0.1)
    wait_until(lambda: not left(hall))
    assert hall.ask("POST", TARGET, body, **MULTIPART).status == 204
    assert uploads.take(KEY) == 500_000


def test_slow_senders_hold_the_places_of_uploads_and_nobody_elses(hall, uploads):
    link = uploads.link(KEY, PDF, 1, 1_000_000)
    body = form(link.fields, b"x" * 500_000)
    slow = [begin(hall, len(body)) for _ in range(uploading.AT_ONCE + 4)]
    for line in slow:
        line.sendall(body[:100_000])
    wait_until(lambda: hall.ask("POST", TARGET, body, **MULTIPART).status == 503)
    busy = hall.ask("POST", TARGET, body, **MULTIPART)
    assert (busy.json()["code"], busy.headers["retry-after"]) == ("unavailable", "5")
    assert (hall.get("/").status, hall.vote(voter=9).status) == (200, 201)
    for line in slow:
        line.close()
    wait_until(lambda: hall.ask("POST", TARGET, body, **MULTIPART).status in (204, 409))
    assert uploads.take(KEY) == 500_000
    wait_until(lambda: len(left(hall)) == 1)


def test_many_who_want_to_upload_while_all_places_are_held_keep_nobody_from_voting(hall, uploads):
    body = form(uploads.link(KEY, PDF, 1, 1_000_000).fields, b"x" * 500_000)
    lines = [begin(hall, len(body)) for _ in range(uploading.AT_ONCE)]
    for line in lines:
        line.sendall(body[:100_000])
    wait_until(lambda: hall.ask("POST", TARGET, b"x", **MULTIPART).status == 503)
    lines += [begin(hall, 1000) for _ in range(4 * THREADS)]  # each waits for a place as long as it may
    began = time.monotonic()
    assert hall.vote(voter=9).status == 201
    assert time.monotonic() - began < uploading.TURN
    for line in lines:
        line.close()


def test_no_log_holds_a_signature_or_a_files_name(hall, uploads):
    link = uploads.link(KEY, PDF, 1, 100)
    hall.ask("POST", TARGET, form(link.fields, b"12345", "张三的身份证.pdf"), **MULTIPART)
    hall.ask("POST", TARGET, form(link.fields, b"12345", "张三的身份证.pdf"), **MULTIPART)
    output = (hall.folder / "output").read_text()
    said = [output, *(path.read_text() for path in (hall.folder / "var" / "logs").rglob("*.log"))]
    assert not [text for text in said if link.fields["x-pingxuan-signature"] in text or "身份证" in text]
    assert "身份证" in json.dumps({"a": "身份证"}, ensure_ascii=False)


def begin(hall: Hall, size: int) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", hall.port), timeout=20)
    head = f"POST {TARGET} HTTP/1.1\r\nHost: hall\r\nContent-Type: {kind()}\r\nContent-Length: {size}\r\n\r\n"
    line.sendall(head.encode())
    return line
