"""What a file really is: hostile ones are refused with a reason, odd ones taken; nothing breaks, hangs or swells."""

import csv
import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor

import hostile
import pytest
from chalicelib import bounds, limited
from chalicelib.limited import BrokenOffError
from chalicelib.looking import REASONS, look
from chalicelib.refused import UnavailableError

from awards.uploads import TYPES, file_name


@pytest.fixture
def sent(tmp_path):
    """Put bytes into a file whose name says nothing."""

    def put(data: bytes):
        (tmp_path / "f1").write_bytes(data)
        return tmp_path / "f1"

    return put


@pytest.mark.parametrize("name", hostile.REFUSED)
def test_what_is_not_what_it_says_is_refused_with_a_reason_in_both_languages(sent, name):
    make, ending, codes = hostile.REFUSED[name]
    start = time.monotonic()
    looked = look(sent(make()), TYPES[ending])
    assert (looked.code in codes, looked.fine) == (True, False), looked
    assert min(len(looked.zh), len(looked.en)) > 10
    assert time.monotonic() - start < bounds.SECONDS


@pytest.mark.parametrize("name", hostile.ACCEPTED)
def test_what_is_odd_and_yet_what_it_says_is_taken(sent, name):
    make, ending = hostile.ACCEPTED[name]
    looked = look(sent(make()), TYPES[ending])
    assert (looked.code, looked.type) == ("", TYPES[ending]), looked


def test_of_a_file_that_was_taken_its_digest_and_the_size_it_was_sent_in_are_told(sent):
    data = hostile.picture(size=(3000, 200))
    looked = look(sent(data), "image/jpeg")
    assert (looked.digest, looked.width, looked.height) == (hashlib.sha256(data).hexdigest(), 3000, 200)


def test_a_file_of_another_kind_is_told_what_it_is(sent):
    assert ".png" in look(sent(hostile.picture("PNG")), TYPES["jpg"]).zh
    assert "HEIF" in look(sent(b"\0\0\0\x20ftypheic\0\0\0\0mif1heic"), TYPES["jpg"]).en


def test_every_file_of_the_image_collection_is_taken_exactly_if_the_reference_decodes_it(shared):
    folder = shared / "data" / "images"
    kinds = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
    with (folder / "manifest.csv").open(encoding="utf-8") as manifest:
        rows = list(csv.DictReader(manifest))

    def verdict(row):
        path = folder / row["path"].removeprefix("open/")
        return row["path"], look(path, kinds.get(row["magic"], "image/jpeg"))

    with ThreadPoolExecutor(2) as pool:
        found = dict(pool.map(verdict, rows))
    decoded = {row["path"]: row["decodes"] == "True" and row["magic"] in kinds for row in rows}
    assert {path: looked.fine for path, looked in found.items()} == decoded
    assert all(looked.zh and looked.en for looked in found.values() if not looked.fine)
    assert len(rows) > 100


BOUND = "from chalicelib import bounds; bounds.bind(); "
# What a program does, and how it ends: it is broken off; or Python refuses it more, and it fails.
GREEDY = {
    "memory": (f"{BOUND} x = bytearray(600_000_000); print('{{}}')", UnavailableError),
    "processor": ("import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass", BrokenOffError),
    "time": ("import time; time.sleep(60)", BrokenOffError),
    "crash": ("import os; os.abort()", BrokenOffError),
    "disk": (f"{BOUND} open(1, 'wb').write(b'x' * 80_000_000)", UnavailableError),
}


@pytest.mark.parametrize("greed", GREEDY)
def test_a_program_that_wants_too_much_is_ended_and_the_next_one_runs(monkeypatch, tmp_path, greed):
    program, ended = GREEDY[greed]
    (tmp_path / "greedy.py").write_text(program)
    (tmp_path / "modest.py").write_text("print('done')")
    monkeypatch.setattr(limited, "PATHS", [*limited.PATHS, str(tmp_path)])
    monkeypatch.setattr(limited, "SECONDS", 2)
    start = time.monotonic()
    with pytest.raises(ended):
        limited.run("greedy")
    assert time.monotonic() - start < 5
    assert limited.run("modest") == b"done\n"


def test_a_file_that_takes_too_long_to_open_is_refused_and_not_tried_for_ever(monkeypatch, sent):
    monkeypatch.setattr(limited, "SECONDS", 0.01)
    looked = look(sent(hostile.picture()), TYPES["jpg"])
    assert (looked.fine, looked.code, looked.zh) == (False, "too_costly", REASONS["too_costly"][0])


def test_a_mistake_of_ours_is_not_told_as_a_fault_of_the_file(monkeypatch, sent):
    monkeypatch.setattr(limited, "PATHS", [str(sent(b"").parent)])
    with pytest.raises(UnavailableError, match="No module named"):
        look(sent(hostile.picture()), "image/jpeg")


def test_the_program_that_opens_files_is_told_no_secret(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    (tmp_path / "curious.py").write_text("import os; print(sorted(os.environ))")
    monkeypatch.setattr(limited, "PATHS", [*limited.PATHS, str(tmp_path)])
    told = limited.run("curious").decode()
    assert "PYTHONPATH" in told
    assert "SECRET" not in told
    assert "AWS_SECRET_ACCESS_KEY" in os.environ


def test_more_at_once_than_there_are_places_wait_and_then_are_told_to_come_again(monkeypatch, tmp_path):
    (tmp_path / "slow.py").write_text("import time; time.sleep(1); print(1)")
    monkeypatch.setattr(limited, "PATHS", [*limited.PATHS, str(tmp_path)])

    def attempt(wait):
        try:
            return limited.run("slow", wait=wait)
        except UnavailableError:
            return b"later"

    with ThreadPoolExecutor(limited.AT_ONCE * 2) as pool:
        assert set(pool.map(attempt, [0.1] * limited.AT_ONCE * 2)) == {b"1\n", b"later"}
        assert set(pool.map(attempt, [20] * limited.AT_ONCE * 2)) == {b"1\n"}


def test_every_reason_is_said_in_both_languages():
    assert all(zh != en and min(len(zh), len(en)) > 10 for zh, en in REASONS.values())


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\x.pdf", "x.pdf"),
        ("C:\\Users\\张三\\扫描件.pdf", "扫描件.pdf"),
        ("a\0b\r\nSet-Cookie: x.pdf", "ab Set-Cookie: x.pdf"),
        ("annual\u202egnp.exe", "annualgnp.exe"),
        ("\u2066\u200f\ufeff报告.docx", "报告.docx"),
        ("....", "file"),
        ("", "file"),
        ("/", "file"),
    ],
)
def test_a_files_name_is_shown_as_one_plain_line_and_is_never_a_path(sent, shown):
    assert file_name(sent) == shown


def test_a_name_of_three_hundred_characters_keeps_its_ending():
    name = file_name("长" * 300 + ".pdf")
    assert (len(name) <= 200, name[-5:]) == (True, "….pdf")
