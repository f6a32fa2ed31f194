"""Files by name in an S3 bucket: the promises of objects.py, kept by conditional writes instead of a lock.

Knows S3's conditions and what a browser is told of an object; nothing of what the objects mean.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chalicelib.files import FOREVER, SHORT, TYPES
from chalicelib.refused import UnavailableError

if TYPE_CHECKING:
    from botocore.client import BaseClient  # type: ignore[import-untyped]  # it ships none

CONNECT, READ = 2, 10  # seconds for one try
TRIES = 4
LOST = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}  # somebody else wrote meanwhile
MISSING = {"NoSuchKey", "404"}
LOOKS = 20  # at an object that others write all the time
ADVICE = "See the bucket, its region and the function's policy"


def connect(endpoint: str | None = None) -> "BaseClient":
    """A client of S3. endpoint: where AWS is played, for tests."""
    from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415 slow to import
    from botocore.session import get_session  # type: ignore[import-untyped]  # noqa: PLC0415 as above

    retries = {"total_max_attempts": TRIES, "mode": "standard"}
    style = {"addressing_style": "path" if endpoint else "auto"}
    config = Config(connect_timeout=CONNECT, read_timeout=READ, retries=retries, s3=style)
    return get_session().create_client("s3", endpoint_url=endpoint, config=config)


class Bucket:
    """A bucket, or what lies below a prefix of it, which ends in a slash."""

    def __init__(self, client: "BaseClient", bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def get(self, name: str) -> bytes | None:
        """The bytes of a name, None where there are none."""
        return self._look(name)[0]

    def put(self, name: str, data: bytes) -> None:
        """Keep bytes under a name."""
        with told():
            self._write(name, data)

    def renew(self, name: str, data: bytes, outdated: Callable[[bytes], bool]) -> bool:
        """Put bytes in place of nothing, or of something outdated; whether they stand there now."""
        for _ in range(LOOKS):
            there, tag = self._look(name)
            if there == data:
                return True
            if there is not None and not outdated(there):
                return False
            try:
                with told():
                    self._write(name, data, **({"IfNoneMatch": "*"} if there is None else {"IfMatch": tag}))
            except LostError:
                continue
            return True
        raise UnavailableError(f"S3: {name} is written by others all the time", ADVICE)

    def drop(self, name: str) -> None:
        """Forget all below a name."""
        with told():
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=f"{self._prefix}{name}/"):
                for each in page.get("Contents", ()):
                    self._client.delete_object(Bucket=self._bucket, Key=each["Key"])

    def _look(self, name: str) -> tuple[bytes | None, str]:
        """The bytes of a name, and the mark of this version of them."""
        with told():
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
            except self._client.exceptions.ClientError as error:
                if error.response["Error"]["Code"] in MISSING:
                    return None, ""
                raise
            return bytes(found["Body"].read()), str(found["ETag"])

    def _write(self, name: str, data: bytes, **condition: str) -> None:
        key, kind = self._prefix + name, kind_of(name)
        told = {"ContentType": kind, "CacheControl": life_of(name)}
        self._client.put_object(Bucket=self._bucket, Key=key, Body=data, **told, **condition)


def kind_of(name: str) -> str:
    """The content type of a name."""
    return next((kind for ending, kind in TYPES.items() if name.endswith(ending)), "application/octet-stream")


def life_of(name: str) -> str:
    """How long caches keep it: what is renewed for a seal; a tile or bundle, once whole, never changes."""
    return SHORT if name.endswith(".json") or name.rpartition("/")[2] == "checkpoint" else FOREVER


class LostError(Exception):
    """Somebody else wrote meanwhile."""


@contextmanager
def told() -> Iterator[None]:
    """Turn the client's errors into ours."""
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # noqa: PLC0415 as above

    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in LOST:
            raise LostError(code) from error
        raise UnavailableError(f"S3: {error.operation_name}: {code}", ADVICE) from error
    except BotoCoreError as error:
        raise UnavailableError(f"S3: {error}", ADVICE) from error
