"""The site in a bucket: releases/NAME/…, and current.json, which names the one that is shown.

Knows S3 and the edge's function that reads addresses; refuses to know how a site is built. Whoever reads while a
release comes in reads the old one, whole: assets travel first, pages next, and last the pointer is moved, on the
condition that nobody else moved it. Only files that changed travel; the others are copied inside the bucket.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from chalicelib.files import TYPES

from awards.errors import PingxuanError
from desk import release
from desk.cloud import Cloud, code_of
from desk.stack import edge_code

POINTER = "current.json"
RELEASES = "releases/"
AT_ONCE = 16  # uploads in hand
# The edge asks for an object under its release's name: it may keep it for good. Browsers ask each time.
LIFE = "public, max-age=0, s-maxage=31536000"


@dataclass(frozen=True)
class Traffic:
    """name: of the release. sent: files that travelled. copied: files that lay in the bucket already."""

    name: str
    sent: int
    copied: int


class Site:
    """The site of a deployed stage."""

    def __init__(self, cloud: Cloud, stage: str) -> None:
        outputs = cloud.outputs(stage)
        self.bucket = outputs["SiteBucket"]
        self.hall = outputs.get("Hall", "")
        self._s3: Any = cloud.client("s3")
        self._edge = outputs.get("Pages")
        self._cloud = cloud

    def publish(self, content: Path, var: Path, now: datetime) -> Traffic:
        """Build the site without sample cases, bring it into the bucket and show it."""
        name = now.strftime("%Y%m%dT%H%M%S.%fZ")
        before, tag = self._pointer()
        with tempfile.TemporaryDirectory(prefix="pingxuan-") as scratch:
            release.build(content, Path(scratch), var, samples=False)
            traffic = self._bring(Path(scratch), name, before)
        self._show(name, before, tag)
        for old in self.releases()[: -release.KEEP]:
            if old != before:
                self._remove(old)
        return traffic

    def rollback(self) -> str:
        """Show the release before the current one; its name. Raises PingxuanError where there is none."""
        before, tag = self._pointer()
        older = [name for name in self.releases() if name < before]
        if not older:
            raise PingxuanError("There is no release before the current one", "Publish the content as it should be.")
        self._show(older[-1], before, tag)
        return older[-1]

    def releases(self) -> list[str]:
        """The names of the whole releases in the bucket, oldest first: those that have their list."""
        return sorted(
            key.removeprefix(RELEASES).removesuffix(".json") for key in self._keys("/") if key.endswith(".json")
        )

    def current(self) -> str:
        """The release that is shown; empty for none."""
        return self._pointer()[0]

    def _bring(self, folder: Path, name: str, before: str) -> Traffic:
        """Bring every file, assets first, then pages; the list of the release says that it is whole."""
        digests = {path: _digest(folder / path) for path in sorted(_files(folder))}
        there = self._list(before)
        pages = [path for path in digests if path.endswith(".html")]
        assets = [path for path in digests if not path.endswith(".html")]
        sent = 0
        for part in (assets, pages):
            same = [path for path in part if there.get(path) == digests[path]]
            fresh = [path for path in part if there.get(path) != digests[path]]
            sent += len(fresh)
            _all(lambda path: self._copy(f"{before}/{path}", f"{name}/{path}"), same)
            _all(lambda path: self._send(folder / path, f"{name}/{path}"), fresh)
        self._put(f"{RELEASES}{name}.json", json.dumps(digests, ensure_ascii=False).encode())
        return Traffic(name, sent, len(digests) - sent)

    def _show(self, name: str, before: str, tag: str) -> None:
        """Move the pointer, if it is still where it was, and tell the edge; where that fails, move it back."""
        condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
        self._put(POINTER, _pointing(name), **condition)
        if self._edge:
            try:
                tell_edge(self._cloud.client("cloudfront"), self._edge, name)
            except Exception:
                self._put(POINTER, _pointing(before))
                raise

    def _pointer(self) -> tuple[str, str]:
        """The release that is shown, and the mark of the pointer that says so; empty for none."""
        found = self._get(POINTER)
        return (str(json.loads(found["Body"].read())["release"]), str(found["ETag"])) if found else ("", "")

    def _list(self, name: str) -> dict[str, str]:
        """Path and digest of each file of a release; nothing of one that is not there."""
        found = self._get(f"{RELEASES}{name}.json") if name else None
        return dict(json.loads(found["Body"].read())) if found else {}

    def _get(self, key: str) -> Mapping[str, Any] | None:
        try:
            return dict(self._s3.get_object(Bucket=self.bucket, Key=key))
        except self._s3.exceptions.ClientError as error:
            if code_of(error) in ("NoSuchKey", "404"):
                return None
            raise

    def _put(self, key: str, data: bytes, **more: str) -> None:
        kind = TYPES.get(Path(key).suffix, "application/octet-stream")
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=data, ContentType=kind, **more)

    def _send(self, file: Path, key: str) -> None:
        self._put(RELEASES + key, file.read_bytes(), CacheControl=LIFE)

    def _copy(self, old: str, key: str) -> None:
        source = {"Bucket": self.bucket, "Key": RELEASES + old}
        self._s3.copy_object(Bucket=self.bucket, Key=RELEASES + key, CopySource=source)

    def _remove(self, name: str) -> None:
        """Remove a release, its list first: without it, it is none."""
        self._s3.delete_object(Bucket=self.bucket, Key=f"{RELEASES}{name}.json")
        for key in list(self._keys(prefix=f"{RELEASES}{name}/")):
            self._s3.delete_object(Bucket=self.bucket, Key=key)

    def _keys(self, delimiter: str = "", prefix: str = RELEASES) -> Iterator[str]:
        pages = self._s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket, Prefix=prefix, Delimiter=delimiter):
            yield from (each["Key"] for each in page.get("Contents", ()))


def tell_edge(cloudfront: Any, function: str, name: str) -> None:  # noqa: ANN401 boto3 makes its classes as it runs
    """Put the release into the code that reads addresses at the edge: in seconds, everywhere, nothing to invalidate."""
    draft = {"Name": function, "Stage": "DEVELOPMENT"}
    found, code = cloudfront.describe_function(**draft), edge_code(name).encode()
    config = found["FunctionSummary"]["FunctionConfig"]
    cloudfront.update_function(Name=function, IfMatch=found["ETag"], FunctionConfig=config, FunctionCode=code)
    cloudfront.publish_function(Name=function, IfMatch=cloudfront.describe_function(**draft)["ETag"])


def _pointing(name: str) -> bytes:
    return json.dumps({"release": name}).encode()


def _files(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _all(do: Callable[[str], None], paths: Iterable[str]) -> None:
    """Do it for all of these, several at once; the first that fails fails them all."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(do, paths):
            pass
