"""Links to upload one file, as S3 writes them: a policy, its signature, and a time after which both are worth nothing.

Knows what a signed policy says and whether fields that came with a file keep to it; refuses to know files. A link is
for one key, one content type, a range of sizes: stolen, it can be used for nothing else.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from awards.ballot import Refusal
from chalicelib.refused import RefusedError

LIFE = timedelta(minutes=10)
POLICY, SIGNATURE = "policy", "x-pingxuan-signature"

REFUSALS = {
    code: Refusal(code, zh, en)
    for code, (zh, en) in {
        "bad_link": (
            "上传链接无效，或与所传文件不符。请回到申报页面重新上传。",
            "This upload link is not valid, or is for another file. Start the upload again from the form.",
        ),
        "link_expired": (
            "上传链接已过期。请回到申报页面重新上传。",
            "This upload link has expired. Start the upload again from the form.",
        ),
    }.items()
}


@dataclass(frozen=True)
class Link:
    """Where a file is posted to, as multipart/form-data, and the fields that come before it, the file being last."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Allowed:
    """What a link allows. least, most: bytes."""

    key: str
    type: str
    least: int
    most: int


def sign(secret: bytes, allowed: Allowed, expires: datetime) -> dict[str, str]:
    """The fields of a link."""
    size = ["content-length-range", allowed.least, allowed.most]
    conditions = [{"key": allowed.key}, {"Content-Type": allowed.type}, size]
    document = json.dumps({"expiration": expires.isoformat(), "conditions": conditions}, separators=(",", ":"))
    policy = base64.b64encode(document.encode()).decode()
    return {
        "key": allowed.key,
        "Content-Type": allowed.type,
        POLICY: policy,
        SIGNATURE: _signature(secret, policy),
    }


def read(secret: bytes, fields: Mapping[str, str], now: datetime) -> Allowed:
    """What the fields allow. Raises RefusedError where they are not exactly those of a link of ours that is alive."""
    policy, signature = fields.get(POLICY, ""), fields.get(SIGNATURE, "")
    if not hmac.compare_digest(_signature(secret, policy).encode(), signature.encode()):
        raise RefusedError(REFUSALS["bad_link"])
    document = json.loads(base64.b64decode(policy))  # signed: its shape is ours
    expires = datetime.fromisoformat(document["expiration"])
    key, kind, (_, least, most) = document["conditions"]
    allowed = Allowed(key["key"], kind["Content-Type"], least, most)
    if dict(fields) != sign(secret, allowed, expires):
        raise RefusedError(REFUSALS["bad_link"])
    if now >= expires:
        raise RefusedError(REFUSALS["link_expired"])
    return allowed


def signing_key(path: Path) -> bytes:
    """The secret that signs this machine's links: made where there is none, readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # of two who make it at once, one wins
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_bytes()


def _signature(secret: bytes, policy: str) -> str:
    return hmac.new(secret, policy.encode(), hashlib.sha256).hexdigest()
