"""Files of a draft, asked as a page asks: a link for each, what arrived looked into, and taken away again."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Semaphore

import pytest
from chalicelib import attaching, quotas
from chalicelib.looking import Looked
from entries import EDITION, Desk, Entrant, fine, told


def link(entrant: Entrant, **other: object):
    said = {"field": "pictures", "name": "../../图.jpg", "type": "image/jpeg", "size": 5} | other
    return entrant.ask("POST", "/files", said)


def uploaded(desk: Desk, entrant: Entrant, data: bytes = b"12345") -> str:
    """A file that arrived by its link."""
    made = link(entrant, size=5).body
    path = desk.uploads._arrived / f"{EDITION}/{entrant.draft}/{made['file']}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return made["file"]


def test_a_link_is_for_one_key_type_and_size(entrant):
    made = link(entrant)
    assert (made.status_code, made.body["url"]) == (201, "/api/uploads")
    assert made.body["fields"]["key"] == f"{EDITION}/{entrant.draft}/{made.body['file']}"
    assert made.body["fields"]["Content-Type"] == "image/jpeg"
    (file,) = entrant.read()["files"]
    assert (file["name"], file["done"]) == ("图.jpg", False)


@pytest.mark.parametrize(
    "other",
    [
        {"field": "title"},
        {"field": "nothing"},
        {"type": "text/html"},
        {"type": {}},
        {"size": 0},
        {"size": 10**12},
        {"size": "5"},
        {"name": ""},
    ],
)
def test_a_link_that_the_form_does_not_ask_for_is_not_given(entrant, other):
    assert told(link(entrant, **other)) == (422, "malformed")
    assert entrant.read()["files"] == []


def test_one_draft_gets_so_many_links_an_hour(here, entrant, monkeypatch):
    monkeypatch.setattr(quotas, "LINKS", 3)
    assert [link(entrant).status_code for _ in range(4)] == [201] * 3 + [429]


def test_those_who_have_files_looked_at_never_hold_the_whole_server(here, entrant):
    file, held, leave = uploaded(here, entrant), Semaphore(0), Event()

    def slow(path: Path, kind: str) -> Looked:
        held.release()
        leave.wait()
        return fine(path, kind)

    here.submissions.attaching._look = slow
    with ThreadPoolExecutor(attaching.AT_ONCE) as pool:
        asked = [pool.submit(entrant.ask, "POST", "/files/{file}/done", _file=file) for _ in range(attaching.AT_ONCE)]
        for _ in asked:
            assert held.acquire(timeout=20)
        assert told(entrant.ask("POST", "/files/{file}/done", _file=file)) == (503, "unavailable")
        leave.set()
        assert {each.result().status_code for each in asked} == {200}
    assert entrant.ask("POST", "/files/{file}/done", _file=file).status_code == 200


def test_a_file_that_arrived_is_looked_into_and_then_named_by_its_digest(here, entrant):
    file = uploaded(here, entrant)
    done = entrant.ask("POST", "/files/{file}/done", _file=file)
    wanted = {"file": file, "name": "图.jpg", "type": "image/jpeg", "size": 5, "digest": "ab" * 32}
    assert (done.status_code, done.body) == (200, wanted)
    assert entrant.ask("POST", "/files/{file}/done", _file=file).body == wanted
    assert entrant.read()["revision"] == 1  # answers did not change: no other tab is out of date


def test_a_file_that_did_not_arrive_or_is_not_what_it_says_is_refused_and_removed(here, entrant):
    missing = link(entrant).body["file"]
    assert told(entrant.ask("POST", "/files/{file}/done", _file=missing)) == (422, "bad_file")
    other = uploaded(here, entrant, b"123456")
    assert told(entrant.ask("POST", "/files/{file}/done", _file=other)) == (422, "bad_file")
    here.submissions.attaching._look = lambda *_: Looked("wrong_type", zh="其实是网页。", en="It is a page.")
    page = uploaded(here, entrant)
    refused = entrant.ask("POST", "/files/{file}/done", _file=page)
    assert refused.body["message"]["zh-CN"] == "这个文件不能用：其实是网页。"
    assert here.uploads.size(f"{EDITION}/{entrant.draft}/{page}") is None
    assert told(entrant.ask("POST", "/files/{file}/done", _file="0" * 16)) == (404, "no_such_file")


def test_a_file_is_removed_once_and_again(here, entrant):
    file = uploaded(here, entrant)
    entrant.ask("POST", "/files/{file}/done", _file=file)
    assert [entrant.ask("DELETE", "/files/{file}", _file=file).status_code for _ in range(2)] == [204, 204]
    assert (entrant.read()["files"], here.uploads.size(f"{EDITION}/{entrant.draft}/{file}")) == ([], None)
