"""Entrants over HTTP, on the single machine: what only a running server shows."""

import json
from collections.abc import Iterator
from email import message_from_bytes
from http.client import HTTPConnection

import hostile
import pytest
from chalicelib.submission_store import SQLiteSubmissions
from entries import EDITION, OPEN, call_of
from halls import port, wait_until
from posting import form, kind
from serving import Answer, Hall

BASE = f"/api/editions/{EDITION}"
PDF = hostile.pdf()


@pytest.fixture(scope="module")
def hall(tmp_path_factory) -> Iterator[Hall]:
    hall = Hall(tmp_path_factory.mktemp("hall"), port())
    store = SQLiteSubmissions(hall.folder / "var" / "submissions.sqlite")
    assert store.put_call(call_of())
    store.close()
    hall.start(as_of=OPEN)
    yield hall
    hall.kill()
    hall.store.close()


def ask(hall: Hall, method: str, path: str, said: object = None, **headers: str) -> Answer:
    body = said if isinstance(said, bytes) else None if said is None else json.dumps(said).encode()
    return hall.ask(method, BASE + path, body, **{"Content_Type": "application/json", **headers})


@pytest.fixture(scope="module")
def draft(hall) -> tuple[str, dict[str, str]]:
    """The address of a draft, and the header that opens it."""
    made = ask(hall, "POST", "/drafts", {"email": "entrant@example.org", "language": "zh-CN"})
    assert made.status == 201, made.text
    return f"/drafts/{made.json()['draft']}", {"Authorization": f"Bearer {made.json()['token']}"}


def test_the_link_is_in_the_mail_that_goes_out(hall, draft):
    wait_until(lambda: list((hall.folder / "var" / "mail").glob("*.eml")))
    (mail,) = (hall.folder / "var" / "mail").glob("*.eml")
    text = message_from_bytes(mail.read_bytes()).get_payload(decode=True).decode()
    token = draft[1]["Authorization"].removeprefix("Bearer ")
    assert f"http://127.0.0.1:{hall.port}/{EDITION}/apply/#{draft[0].removeprefix('/drafts/')}.{token}" in text


def test_a_long_draft_is_saved_though_a_ballot_of_that_size_is_not_read(hall, draft):
    path, opens = draft
    said = {"revision": 1, "answers": {"story": "字" * 60_000}}
    assert len(json.dumps(said, ensure_ascii=False).encode()) > 2 * 64 * 1024
    body = json.dumps(said, ensure_ascii=False).encode()
    assert ask(hall, "PUT", path, body, **opens).json()["revision"] == 2
    assert ask(hall, "POST", "/drafts", b"x" * 70_000).status in (413, 422)


def test_a_story_of_ten_megabytes_is_refused_and_the_draft_stands(hall, draft):
    path, opens = draft
    before = ask(hall, "GET", path, **opens).json()["revision"]
    refused = ask(hall, "PUT", path, b'{"answers":"' + b"x" * 10_000_000 + b'"}', **opens)
    assert (refused.status, refused.json()["code"]) == (413, "too_large")
    assert ask(hall, "GET", path, **opens).json()["revision"] == before


def test_a_file_travels_by_its_link_and_is_looked_into(hall, draft):
    path, opens = draft
    said = {"field": "signed_form", "name": "申报表.pdf", "type": "application/pdf", "size": len(PDF)}
    link = ask(hall, "POST", f"{path}/files", said, **opens).json()
    assert hall.ask("POST", link["url"], form(link["fields"], PDF), Content_Type=kind()).status == 204
    done = ask(hall, "POST", f"{path}/files/{link['file']}/done", {}, **opens)
    assert (done.status, done.json().get("size")) == (200, len(PDF)), done.text


def test_the_form_comes_filled_in_as_a_word_file(hall, draft):
    path, opens = draft
    asking = HTTPConnection("127.0.0.1", hall.port, timeout=20)
    asking.request("GET", f"{BASE}{path}/paper?kind=form", headers=opens)
    answer = asking.getresponse()
    assert (answer.status, answer.read(2)) == (200, b"PK")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    asking.close()


def test_no_token_and_no_mailbox_stands_in_what_the_server_wrote(hall, draft):
    token = draft[1]["Authorization"].removeprefix("Bearer ")
    written = (hall.folder / "output").read_text()
    assert token not in written
    assert "example.org" not in written
