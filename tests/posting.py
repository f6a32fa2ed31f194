"""A form with a file as a browser posts it, and its answer from a link of either kind of uploads."""

import io
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib import s3_uploads, uploading
from chalicelib.policy import Link
from chalicelib.uploads import FolderUploads

BOUNDARY = "----WebKitFormBoundaryQ1w2E3r4T5y6"


def form(fields: Mapping[str, str], data: bytes, name: str = "a.pdf", boundary: str = BOUNDARY) -> bytes:
    """The body: fields first, the file last."""
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    return "".join([*parts, head, "Content-Type: application/octet-stream\r\n\r\n"]).encode() + data + end(boundary)


def end(boundary: str = BOUNDARY) -> bytes:
    """What comes after the file."""
    return f"\r\n--{boundary}--\r\n".encode()


def kind(boundary: str = BOUNDARY) -> str:
    """The Content-Type of such a body."""
    return f"multipart/form-data; boundary={boundary}"


@dataclass
class Here:
    """Uploads in a folder, and the address that takes them in, asked without a network."""

    uploads: FolderUploads
    hands: list[datetime]
    said: dict[str, Any] = field(default_factory=dict)

    def post(self, link: Link, data: bytes, **changed: str) -> int:
        return self.send(form({**link.fields, **_named(changed)}, data))

    def send(self, body: bytes) -> int:
        environ = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": kind(), "wsgi.input": io.BytesIO(body)}
        status, _, text = uploading.Receiver(self.uploads).reply(environ)
        self.said = json.loads(text) if text else {}
        return status

    def expired(self, key: str, of: str, least: int, most: int) -> Link:
        link = self.uploads.link(key, of, least, most)
        self.hands[0] += timedelta(minutes=10)
        return link


@dataclass
class There:
    """Uploads in a bucket, and S3's own address."""

    uploads: s3_uploads.S3Uploads
    patch: Any

    def post(self, link: Link, data: bytes, **changed: str) -> int:
        body = form({**link.fields, **_named(changed)}, data)
        request = urllib.request.Request(link.url, body, {"Content-Type": kind()})
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code

    def expired(self, key: str, of: str, least: int, most: int) -> Link:
        with self.patch.context() as patch:
            patch.setattr(s3_uploads, "LIFE", timedelta(seconds=-1))
            return self.uploads.link(key, of, least, most)


def _named(changed: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in changed.items()}
