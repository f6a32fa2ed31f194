"""What every place of uploads promises (docstring of chalicelib.uploads), asked of a folder and of S3."""

import base64
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import ministack
import pytest
from chalicelib import policy, s3_uploads, uploads
from chalicelib.uploads import FolderUploads
from posting import Here, There

KEY, PDF = "qd-2020/aB3_-x/f1", "application/pdf"
NOW = datetime(2020, 8, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path) -> Here:
    hands = [NOW]
    return Here(FolderUploads.of(tmp_path, lambda: hands[0]), hands)


@pytest.fixture
def bucket(monkeypatch) -> There:
    for name, value in ministack.KEYS.items():
        monkeypatch.setenv(name, value)
    client = s3_uploads.connect(ministack.running().endpoint)
    name = f"uploads-{uuid4()}"
    client.create_bucket(Bucket=name)
    return There(s3_uploads.S3Uploads(client, name, "private/"), monkeypatch)


@pytest.fixture(params=["folder", "bucket"])
def place(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def link(place):
    return place.uploads.link(KEY, PDF, 3, 10)


def held(place, key=KEY):
    place.uploads.take(key)
    try:
        with place.uploads.open(key) as file:
            return file.read()
    except FileNotFoundError:
        return None


def test_what_is_posted_to_a_link_can_be_taken_and_read(place, link):
    assert place.post(link, b"12345") == 204
    assert (place.uploads.size(KEY), place.uploads.take(KEY), place.uploads.size(KEY)) == (None, 5, 5)
    assert place.uploads.take(KEY) == 5
    assert held(place) == b"12345"
    with place.uploads.local(KEY) as path:
        assert path.read_bytes() == b"12345"


def test_of_a_key_that_nobody_posted_to_nothing_is_there(place):
    assert (place.uploads.take(KEY), place.uploads.size(KEY), held(place)) == (None, None, None)
    with pytest.raises(FileNotFoundError), place.uploads.local(KEY):
        pass


def test_what_was_dropped_is_gone_whether_taken_or_not(place, link):
    for taken in (False, True):
        assert place.post(link, b"12345") == 204
        if taken:
            place.uploads.take(KEY)
        place.uploads.drop(KEY)
        assert held(place) is None
    place.uploads.drop(KEY)


@pytest.mark.parametrize("data", [b"12", b"12345678901", b"", b"x" * 300_000])
def test_a_file_outside_the_links_sizes_is_refused_and_the_link_still_works(place, link, data):
    assert place.post(link, data) in (400, 413)
    assert held(place) is None
    assert (place.post(link, b"123"), held(place)) == (204, b"123")


@pytest.mark.parametrize("data", [b"123", b"1234567890"])
def test_the_bounds_themselves_are_within(place, link, data):
    assert (place.post(link, data), held(place)) == (204, data)


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "qd-2020/aB3_-x/f2"},
        {"key": "../../../etc/passwd"},
        {"Content_Type": "text/html"},
        {"policy": ""},
        {"x_amz_meta_more": "a field that the policy does not name"},
    ],
)
def test_a_stolen_link_is_worth_nothing_for_another_key_or_type(place, link, changed):
    if "key" in changed and isinstance(place, There):
        changed = {"key": link.fields["key"][:-1] + "2"}
    assert place.post(link, b"12345", **changed) in (400, 403)
    assert (held(place), held(place, "qd-2020/aB3_-x/f2")) == (None, None)


def test_a_policy_that_was_altered_is_refused(place, link):
    document = base64.b64decode(link.fields["policy"]).decode()
    assert "3,10]" in document.replace(", ", ",")
    wider = document.replace("10]", "99]")
    assert place.post(link, b"x" * 50, policy=base64.b64encode(wider.encode()).decode()) == 403
    assert held(place) is None


def test_a_link_of_yesterday_is_refused(place):
    assert place.post(place.expired(KEY, PDF, 3, 10), b"12345") == 403
    assert held(place) is None


def test_what_is_sent_to_a_link_after_its_file_was_taken_changes_nothing(place, link):
    place.post(link, b"first")
    place.uploads.take(KEY)
    place.post(link, b"other")
    assert held(place) == b"first"


def test_of_many_who_take_at_once_while_another_file_arrives_all_see_the_same(place, link):
    place.post(link, b"first")

    def either(number):
        return place.post(link, b"%05d" % number) if number % 2 else held(place)

    with ThreadPoolExecutor(6) as pool:
        seen = {each for each in pool.map(either, range(12)) if isinstance(each, bytes)}
    assert seen == {held(place)}


def test_in_a_bucket_a_take_that_looked_before_another_and_copies_after_it_changes_nothing(bucket, monkeypatch):
    link = bucket.uploads.link(KEY, PDF, 3, 10)
    bucket.post(link, b"first")
    bucket.uploads.take(KEY)
    bucket.post(link, b"other")
    sizes = [None]  # what the late one saw
    real = bucket.uploads.size
    monkeypatch.setattr(bucket.uploads, "size", lambda key: sizes.pop() if sizes else real(key))
    assert (bucket.uploads.take(KEY), sizes) == (5, [])
    assert held(bucket) == b"first"


@pytest.mark.parametrize("key", ["../x/y", "a/b", "a/b/c/d", "/a/b", "a/b/..", "a//b", "a/b/c\n", "A/b/c"])
def test_a_key_that_is_no_key_is_a_mistake_of_ours_and_never_a_path(place, key):
    for ask in (place.uploads.take, place.uploads.drop, place.uploads.open, place.uploads.size):
        with pytest.raises(ValueError, match="no key"):
            ask(key)
    with pytest.raises(ValueError, match="no key"):
        place.uploads.link(key, PDF, 1, 2)


def test_in_a_folder_an_upload_over_a_finished_one_is_refused_in_both_languages(folder):
    link = folder.uploads.link(KEY, PDF, 3, 10)
    assert folder.post(link, b"first") == 204
    assert (folder.post(link, b"other"), folder.said["code"]) == (409, "already_uploaded")
    folder.uploads.take(KEY)
    assert (folder.post(link, b"other"), all(folder.said["message"].values())) == (409, True)
    assert held(folder) == b"first"


def test_a_link_expires_after_ten_minutes_to_the_second_and_another_machine_cannot_make_it(folder, tmp_path):
    link = folder.uploads.link(KEY, PDF, 3, 10)
    folder.hands[0] += timedelta(minutes=10, microseconds=-1)
    assert folder.post(link, b"12345") == 204
    assert (folder.post(folder.expired(KEY + "2", PDF, 3, 10), b"12345"), folder.said["code"]) == (403, "link_expired")
    foreign = FolderUploads.of(tmp_path / "another", lambda: folder.hands[0]).link(KEY + "3", PDF, 3, 10)
    assert (folder.post(foreign, b"12345"), folder.said["code"]) == (403, "bad_link")


def test_the_signing_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    path = tmp_path / "var" / "uploads.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(policy.signing_key, [path] * 16))
    assert (len(keys), len(keys.pop()), path.stat().st_mode & 0o777) == (1, 32, 0o600)
    assert [each.name for each in path.parent.iterdir()] == ["uploads.key"]


def test_a_policy_says_no_more_than_the_link_allows(folder):
    fields = folder.uploads.link(KEY, PDF, 3, 10).fields
    document = json.loads(base64.b64decode(fields["policy"]))
    allowed = [{"key": KEY}, {"Content-Type": PDF}, ["content-length-range", 3, 10]]
    assert document == {"expiration": "2020-08-01T00:10:00+00:00", "conditions": allowed}


def test_what_nobody_took_or_a_crash_left_is_forgotten_after_a_day_and_what_was_taken_stays(folder, tmp_path):
    for name in ("old", "fresh", "taken"):
        link = folder.uploads.link(f"qd-2020/d/{name}", PDF, 3, 10)
        folder.post(link, b"12345")
    folder.uploads.take("qd-2020/d/taken")
    (tmp_path / "uploads" / ".partial" / "crashed").write_bytes(b"1")
    long_ago = time.time() - 25 * 3600
    for name in (".partial/crashed", "arrived/qd-2020/d/old", "taken/qd-2020/d/taken"):
        os.utime(tmp_path / "uploads" / name, (long_ago, long_ago))
    again = FolderUploads.of(tmp_path, lambda: NOW)
    assert [again.take(f"qd-2020/d/{name}") for name in ("old", "fresh", "taken")] == [None, 5, 5]
    assert list((tmp_path / "uploads" / ".partial").iterdir()) == []


def test_what_nobody_took_is_forgotten_while_the_server_runs(folder, monkeypatch, tmp_path):
    folder.post(folder.uploads.link(KEY, PDF, 3, 10), b"12345")
    long_ago = time.time() - 25 * 3600
    os.utime(tmp_path / "uploads" / "arrived" / KEY, (long_ago, long_ago))
    folder.uploads.link("qd-2020/d/other", PDF, 3, 10)
    assert (tmp_path / "uploads" / "arrived" / KEY).exists()  # one look an hour
    monkeypatch.setattr(uploads, "SWEEP", 0)
    folder.uploads.link("qd-2020/d/other", PDF, 3, 10)
    assert folder.uploads.take(KEY) is None


def test_strangers_files_do_not_fill_the_disk_that_votes_lie_on(folder, monkeypatch, tmp_path):
    link = folder.uploads.link(KEY, PDF, 3, 10)
    with monkeypatch.context() as full:
        full.setattr(uploads, "SPARED", 2**60)
        assert (folder.post(link, b"12345"), folder.said["code"]) == (503, "unavailable")
    assert [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == []
    assert folder.post(link, b"12345") == 204


def test_an_upload_that_the_disk_refuses_leaves_nothing_and_says_come_again(folder, monkeypatch, tmp_path):
    link = folder.uploads.link(KEY, PDF, 3, 10)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        assert (folder.post(link, b"12345"), folder.said["code"]) == (503, "unavailable")
    assert [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == []
    assert folder.post(link, b"12345") == 204


def full(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_sender_who_is_too_slow_for_too_long_is_refused_and_may_try_again(folder, monkeypatch):
    link = folder.uploads.link(KEY, PDF, 3, 10)
    with monkeypatch.context() as hurried:
        hurried.setattr(uploads, "PATIENCE", 0)
        hurried.setattr(uploads, "PACE", 1e12)
        assert (folder.post(link, b"12345"), folder.said["code"]) == (408, "too_slow")
    assert folder.post(link, b"12345") == 204
