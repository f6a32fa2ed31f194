"""References to uploads: what an answer may say of a file that lies in the store.

Knows names, types, sizes and digests as they are claimed; refuses to know the file itself. Whether it is what it claims
to be, the store finds out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from awards import cleaning

# Extension -> content type. What else an upload claims to be is refused; the store looks into it later.
TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "mp4": "video/mp4",
}
MEGABYTE = 1_000_000
_DIGEST = re.compile("[0-9a-f]{64}")
_TYPE = re.compile(r"[\w.+/-]{1,100}", re.ASCII)
_NAME = 200


@dataclass(frozen=True)
class Upload:
    """A reference to an upload. name: its sender's, to be shown, never a path. size: bytes. digest: SHA-256, hex."""

    name: str
    type: str
    size: int
    digest: str


def read_upload(raw: object) -> Upload | None:
    """The reference that an answer holds, None where it holds none."""
    if not isinstance(raw, dict) or set(raw) != {"name", "type", "size", "digest"}:
        return None
    name, kind, size, digest = raw["name"], raw["type"], raw["size"], raw["digest"]
    whole = isinstance(size, int) and not isinstance(size, bool) and 0 < size < 2**40
    if not (whole and isinstance(name, str) and isinstance(kind, str) and isinstance(digest, str)):
        return None
    if not _DIGEST.fullmatch(digest) or not _TYPE.fullmatch(kind):
        return None
    return Upload(file_name(name), kind, size, digest)


def file_name(name: str) -> str:
    """A file's name as it may be shown: no folders, one line, not too long, its ending kept."""
    last = re.split(r"[/\\]", cleaning.line(name[-2000:]))[-1].strip(". ") or "file"
    stem, dot, ending = last.rpartition(".")
    short = f"{stem[: _NAME - 10]}…{dot}{ending[:8]}" if dot else f"{last[:_NAME]}…"
    return short if len(last) > _NAME else last
