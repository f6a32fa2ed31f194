"""Objects in a bucket keep the promises that chalicelib.objects lists, on MiniStack's S3."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import boto3
import ministack
import pytest
from chalicelib.refused import UnavailableError
from chalicelib.s3 import Bucket, kind_of, life_of


@pytest.fixture
def client(aws):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": ministack.REGION}
    return boto3.client("s3", endpoint_url=aws.endpoint, **keys)


@pytest.fixture
def bucket(client) -> Bucket:
    name = f"objects-{uuid4()}"
    client.create_bucket(Bucket=name)
    return Bucket(client, name, "public/")


def test_what_was_put_is_there_and_what_was_not_is_nothing(bucket):
    bucket.put("qd/a", b"1")
    assert (bucket.get("qd/a"), bucket.get("qd/b")) == (b"1", None)


def test_the_newer_stays_whoever_comes_last(bucket):
    assert bucket.renew("n", b"2", lambda there: there < b"2")
    assert not bucket.renew("n", b"1", lambda there: there < b"1")
    assert bucket.renew("n", b"2", lambda _: False)
    assert bucket.get("n") == b"2"


def test_of_many_who_renew_at_once_the_newest_stays(bucket):
    def renew(number: int) -> None:
        data = b"%03d" % number
        bucket.renew("n", data, lambda there: there < data)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(renew, (5, 3, 11, 7, 2, 12, 4, 1)))
    assert bucket.get("n") == b"012"


def test_dropping_forgets_what_lies_below_and_nothing_else(bucket):
    for name in ("tile/0.p/1", "tile/0.p/2", "tile/0", "tile/0.px"):
        bucket.put(name, b"x")
    bucket.drop("tile/0.p")
    bucket.drop("tile/0.p")
    found = [name for name in ("tile/0.p/1", "tile/0.p/2", "tile/0", "tile/0.px") if bucket.get(name)]
    assert found == ["tile/0", "tile/0.px"]


def test_a_bucket_that_is_not_there_is_told_as_unavailable(client):
    with pytest.raises(UnavailableError, match="S3: GetObject: NoSuchBucket"):
        Bucket(client, f"nobodys-{uuid4()}").get("a")


def test_figures_are_kept_for_a_moment_and_tiles_for_good():
    short, forever = "public, max-age=0, s-maxage=2", "public, max-age=31536000, immutable"
    names = ["qd/tally.json", "qd/ballot.json", "qd/ledger/checkpoint", "qd/ledger/tile/0/000"]
    assert [life_of(name) for name in names] == [short, short, short, forever]
    assert [kind_of(name) for name in names[2:]] == ["application/octet-stream"] * 2
