"""Entrants' files, private: links to upload one, and what was uploaded. Here, a folder of this machine.

Knows keys and bytes, nothing of what is in them: looking.py finds out. A key is edition/draft/file, all random or ours;
the sender's name of a file is never part of a path. What any place of uploads promises (s3_uploads.py is the other):

- link() is for one key, one content type, a range of sizes, ten minutes. An upload that failed may be tried again with
  the same link until then; of what was broken off nothing is kept.
- take() puts what was uploaded out of its link's reach, and tells its size: whatever is sent to the link afterwards
  changes nothing. Look at a file, and note its digest, after this only. What nobody takes is forgotten after a day.
- size(), open() and local() see what was taken, and nothing else.
- drop() forgets a key, taken or not; nothing may be there.
"""

import errno
import math
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from awards.ballot import Refusal
from chalicelib import policy
from chalicelib.multipart import MalformedError, Read, Reader, boundary_of
from chalicelib.policy import LIFE, Allowed, Link
from chalicelib.refused import RefusedError

TARGET = "/api/uploads"
KEY = re.compile("[a-z0-9-]{1,40}/[A-Za-z0-9_-]{1,64}/[A-Za-z0-9_-]{1,64}")
DAY = 24 * 3600  # seconds after which what a crash left half-written, or nobody took, is removed
SWEEP = 3600  # seconds between two looks for such
SPARED = 500_000_000  # bytes of the disk that uploads leave free: half a million votes, of less than 1 KB each
PATIENCE = 30  # seconds before a sender's pace is looked at
PACE = 4096  # bytes a second, at least

REFUSALS = {
    code: Refusal(code, zh, en)
    for code, (zh, en) in {
        "bad_upload": (
            "上传中断或不完整，请重试。",
            "The upload was broken off or is not complete. Please try again.",
        ),
        "too_slow": ("上传速度过慢，请换一个网络重试。", "The upload is too slow. Please try again on a better line."),
        "file_too_large": ("文件超过允许的大小。", "The file is larger than allowed."),
        "file_too_small": ("文件是空的，或小于允许的大小。", "The file is empty, or smaller than allowed."),
        "already_uploaded": (
            "这个文件已经上传。如需更换，请先删除再上传。",
            "This file was uploaded already. To replace it, remove it first.",
        ),
    }.items()
}


class Uploads(Protocol):
    """See the module."""

    def link(self, key: str, kind: str, least: int, most: int) -> Link:
        """A link to upload one file. least, most: bytes."""

    def take(self, key: str) -> int | None:
        """Take what was uploaded; its size, None where nothing is. Asked again, the same."""

    def size(self, key: str) -> int | None:
        """The size of what was taken."""

    def open(self, key: str) -> BinaryIO:
        """What was taken, to be read. Raises FileNotFoundError."""

    def local(self, key: str) -> AbstractContextManager[Path]:
        """What was taken, as a file of this machine for as long as it is needed. Raises FileNotFoundError."""

    def drop(self, key: str) -> None:
        """Forget a key."""


class FolderUploads:
    """A folder of this machine. secret: signs its links; see policy.signing_key."""

    def __init__(self, root: Path, secret: bytes, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._secret = secret
        self._now = now
        self._partial, self._arrived, self._taken = (root / name for name in (".partial", "arrived", "taken"))
        self._swept = -math.inf
        self._sweep()

    @classmethod
    def of(cls, var: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> "FolderUploads":
        """The uploads of a machine whose folder is var."""
        return cls(var / "uploads", policy.signing_key(var / "uploads.key"), now)

    def link(self, key: str, kind: str, least: int, most: int) -> Link:
        """A link to upload one file."""
        checked(key)
        self._sweep()
        return Link(TARGET, policy.sign(self._secret, Allowed(key, kind, least, most), self._now() + LIFE))

    def accept(self, content_type: str, read: Read) -> None:
        """Take in the body of a request to a link: all of it, on the disk, or nothing. Raises RefusedError."""
        try:
            reader = Reader(read, boundary_of(content_type))
            allowed = policy.read(self._secret, reader.fields(), self._now())
            self._keep(allowed, reader.file())
        except MalformedError as error:
            raise RefusedError(REFUSALS["bad_upload"]) from error

    def take(self, key: str) -> int | None:
        """Take what was uploaded."""
        arrived, taken = self._arrived / checked(key), self._taken / key
        taken.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError, FileNotFoundError):
            os.link(arrived, taken)
            _flush(taken.parent)
        arrived.unlink(missing_ok=True)
        return self.size(key)

    def size(self, key: str) -> int | None:
        """The size of what was taken."""
        try:
            return (self._taken / checked(key)).stat().st_size
        except FileNotFoundError:
            return None

    def open(self, key: str) -> BinaryIO:
        """What was taken, to be read."""
        return (self._taken / checked(key)).open("rb")

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """What was taken, where it lies."""
        if self.size(key) is None:
            raise FileNotFoundError(key)
        yield self._taken / key

    def drop(self, key: str) -> None:
        """Forget a key."""
        for place in (self._arrived, self._taken):
            (place / checked(key)).unlink(missing_ok=True)

    def _keep(self, allowed: Allowed, pieces: Iterator[bytes]) -> None:
        """Write to a file of its own, then give it its name: nobody ever sees half of it."""
        self._refuse_again(allowed.key)
        self._partial.mkdir(parents=True, exist_ok=True)
        fresh = self._partial / secrets.token_hex(16)
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                _bounded(allowed, pieces, file)
                file.flush()
                os.fsync(file.fileno())
            self._name(fresh, allowed.key)
        finally:
            fresh.unlink(missing_ok=True)

    def _name(self, fresh: Path, key: str) -> None:
        arrived = self._arrived / key
        arrived.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(fresh, arrived)
        except FileExistsError as error:
            raise RefusedError(REFUSALS["already_uploaded"]) from error
        _flush(arrived.parent)

    def _refuse_again(self, key: str) -> None:
        if (self._arrived / key).exists() or (self._taken / key).exists():
            raise RefusedError(REFUSALS["already_uploaded"])

    def _sweep(self) -> None:
        """Remove what crashes left, and what nobody took; now and then."""
        if time.monotonic() - self._swept < SWEEP:
            return
        self._swept = time.monotonic()
        for path in (path for place in (self._partial, self._arrived) for path in place.rglob("*")):
            with suppress(FileNotFoundError):
                if path.is_file() and time.time() - path.stat().st_mtime > DAY:
                    path.unlink()


def _bounded(allowed: Allowed, pieces: Iterator[bytes], file: BinaryIO) -> None:
    """Write the pieces; refuse a byte too many as soon as it is here, a byte too few at the end."""
    size, start = 0, time.monotonic()
    for piece in pieces:
        size += len(piece)
        if size > allowed.most:
            raise RefusedError(REFUSALS["file_too_large"])
        _spare(file)
        file.write(piece)
        took = time.monotonic() - start
        if took > PATIENCE and size < PACE * took:
            raise RefusedError(REFUSALS["too_slow"])
    if size < allowed.least:
        raise RefusedError(REFUSALS["file_too_small"])


def _spare(file: BinaryIO) -> None:
    """Raise OSError where the disk, which is the votes' too, would be filled by strangers' files."""
    disk = os.fstatvfs(file.fileno())
    if disk.f_bavail * disk.f_frsize < SPARED:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def checked(key: str) -> str:
    """A key, which is of our making; anything else is a mistake of ours."""
    if not KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key of an upload")
    return key


def _flush(folder: Path) -> None:
    """Make a new name last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
