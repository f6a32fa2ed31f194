"""Entrants' files in an S3 bucket: the promises of uploads.py, kept by presigned POST and a copy.

Knows S3; nothing of what the files are. A link writes below arrived/, and S3 itself holds its sender to key, type and
size. The link may be used again, which S3 cannot forbid; so take() copies to taken/, where no link reaches, and only
once. What nobody took, a rule of the bucket forgets after a day.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from chalicelib.policy import LIFE, Link
from chalicelib.s3 import CONNECT, MISSING, TRIES, LostError, told
from chalicelib.uploads import checked

if TYPE_CHECKING:
    from botocore.client import BaseClient  # type: ignore[import-untyped]  # it ships none

ARRIVED, TAKEN = "arrived/", "taken/"
READ = 60  # seconds for one try: S3 copies large objects slowly


def connect(endpoint: str | None = None) -> "BaseClient":
    """A client of S3 that signs links as every region takes them. endpoint: where AWS is played, for tests."""
    from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415 slow to import
    from botocore.session import get_session  # type: ignore[import-untyped]  # noqa: PLC0415 as above

    retries = {"total_max_attempts": TRIES, "mode": "standard"}
    style = {"addressing_style": "path" if endpoint else "virtual"}  # virtual: no redirect from a region's bucket
    config = Config(connect_timeout=CONNECT, read_timeout=READ, retries=retries, s3=style, signature_version="s3v4")
    return get_session().create_client("s3", endpoint_url=endpoint, config=config)


class S3Uploads:
    """A bucket, or what lies below a prefix of it, which ends in a slash. client: made by connect()."""

    def __init__(self, client: "BaseClient", bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._arrived, self._taken = prefix + ARRIVED, prefix + TAKEN

    def link(self, key: str, kind: str, least: int, most: int) -> Link:
        """A link to upload one file."""
        fields = {"Content-Type": kind}
        conditions = [fields, ["content-length-range", least, most]]
        name, life = self._arrived + checked(key), int(LIFE.total_seconds())
        with told():
            made = self._client.generate_presigned_post(self._bucket, name, fields, conditions, life)
        return Link(made["url"], made["fields"])

    def take(self, key: str) -> int | None:
        """Take what was uploaded."""
        if (size := self.size(key)) is not None:
            return size
        with told():
            if self._asked("head_object", self._arrived + key) is None:
                return self.size(key)  # another request may have taken it meanwhile
        with suppress(LostError), told():  # lost: taken by another request at this moment
            self._copy(self._arrived + key, self._taken + key)
        with told():
            self._client.delete_object(Bucket=self._bucket, Key=self._arrived + key)
        return self.size(key)

    def size(self, key: str) -> int | None:
        """The size of what was taken."""
        with told():
            found = self._asked("head_object", self._taken + checked(key))
        return None if found is None else int(found["ContentLength"])

    def open(self, key: str) -> BinaryIO:
        """What was taken, to be read."""
        with told():
            found = self._asked("get_object", self._taken + checked(key))
        if found is None:
            raise FileNotFoundError(key)
        return cast("BinaryIO", found["Body"])

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """What was taken, fetched."""
        with self.open(key) as source, tempfile.NamedTemporaryFile(prefix="pingxuan-") as copy:
            with told():
                shutil.copyfileobj(source, copy)
            copy.flush()
            yield Path(copy.name)

    def drop(self, key: str) -> None:
        """Forget a key."""
        with told():
            for place in (self._arrived, self._taken):
                self._client.delete_object(Bucket=self._bucket, Key=place + checked(key))

    def _copy(self, old: str, new: str) -> None:
        """Copy to a name that nothing bears, in one part: to complete an upload is what S3 does on a condition."""
        named = {"Bucket": self._bucket, "Key": new}
        begun = named | {"UploadId": self._client.create_multipart_upload(**named)["UploadId"]}
        try:
            source = {"Bucket": self._bucket, "Key": old}
            part = self._client.upload_part_copy(**begun, PartNumber=1, CopySource=source)["CopyPartResult"]
            parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
            self._client.complete_multipart_upload(**begun, MultipartUpload=parts, IfNoneMatch="*")
        except Exception as error:
            self._client.abort_multipart_upload(**begun)
            if _code(error) in MISSING:  # taken by another request, which has removed it
                raise LostError(old) from error
            raise

    def _asked(self, operation: str, name: str) -> dict[str, Any] | None:
        """What S3 answers of an object; None where it is not there."""
        try:
            return cast("dict[str, Any]", getattr(self._client, operation)(Bucket=self._bucket, Key=name))
        except self._client.exceptions.ClientError as error:
            if _code(error) in MISSING:
                return None
            raise


def _code(error: Exception) -> str:
    """S3's word for an error; empty for what is none of S3's."""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))
