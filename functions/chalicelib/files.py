"""The built site as files, and beside it what the sealer publishes.

Knows paths, types and caches. A release is resolved once per request, so that a switch of the site's link in the middle
of one never mixes two. Nothing outside the release is served, nor a name that starts with a dot.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from chalicelib.headers import SECURITY

Reply = tuple[int, Mapping[str, str], bytes]

EDITION = "/[a-z0-9-]{1,40}/"
PUBLISHED = re.compile(EDITION + r"((tally|ballot)\.json|ledger/checkpoint)")
# Named by what they hold (docs/ledger.md): never changed once written.
LEDGER = re.compile(
    EDITION + r"ledger/(tile/([0-9]{1,2}|entries)/(x[0-9]{3}/)*[0-9]{3}(\.p/[0-9]{1,3})?|paper/[0-9a-f]{64}\.json)"
)
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".xml": "application/xml",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
STABLE = ("/embed.js", "/openapi.json")
FOREVER = "public, max-age=31536000, immutable"
SHORT = "public, max-age=0, s-maxage=2"  # figures: shared caches keep them for a seal, a reload shows them as they are
MINUTES = "public, max-age=300"  # what others' pages and programs load by a name that never changes
ASK = "no-cache"  # a page: kept, but asked for each time, by its ETag


class Files:
    """A site and what is published beside it. site: a folder or a link to one. public: the sealer's folder."""

    def __init__(self, site: Path, public: Path) -> None:
        self._site = site
        self._public = public

    def reply(self, path: str, query: str, if_none_match: str) -> Reply:
        """The file at a path; 404 with the site's own page where there is none."""
        root = os.path.realpath(self._site)
        if PUBLISHED.fullmatch(path) or LEDGER.fullmatch(path):
            found = _read(os.path.realpath(self._public), path)
            life = SHORT if PUBLISHED.fullmatch(path) else FOREVER
            return _not_found(root) if found is None else _file(path, found, life, if_none_match)
        if not _clean(path):
            return _not_found(root)
        if not path.endswith("/") and os.path.isdir(root + path):  # noqa: PTH112 Path.is_dir raises for a long name
            return _moved(f"{quote(path)}/{'?' + query if query else ''}")
        name = f"{path}index.html" if path.endswith("/") else path
        found = _read(root, name)
        return _not_found(root) if found is None else _file(name, found, _life(name, query, found), if_none_match)


def _clean(path: str) -> bool:
    """Whether every step of a path is a plain name: none empty, none hidden, none that leads up."""
    if not path.startswith("/") or "\0" in path or "\\" in path:
        return False
    steps = path[1:].split("/")
    return all(step and not step.startswith(".") for step in steps[:-1]) and not steps[-1].startswith(".")


def _read(root: str, name: str) -> bytes | None:
    """The bytes of a file inside root, whatever links say; None where there is none."""
    file = os.path.realpath(root + name)
    if not file.startswith(root + os.sep):
        return None
    try:
        return Path(file).read_bytes()
    except (OSError, ValueError):
        return None


def _life(name: str, query: str, content: bytes) -> str:
    """Forever for an asset asked for by its own digest: an old name must never keep new bytes."""
    if name in STABLE:
        return MINUTES
    asked = query.removeprefix("v=")
    own = name.startswith("/static/") and len(asked) >= 8 and _digest(content).startswith(asked)
    return FOREVER if own else ASK


def _file(name: str, content: bytes, life: str, if_none_match: str) -> Reply:
    tag = f'"{_digest(content)[:32]}"'
    headers = {**SECURITY, "Content-Type": _type(name), "Cache-Control": life, "ETag": tag}
    if name in STABLE or PUBLISHED.fullmatch(name) or LEDGER.fullmatch(name):
        headers["Access-Control-Allow-Origin"] = "*"  # public figures: any page may read and show them
    known = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return (304, headers, b"") if tag in known or known == ["*"] else (200, headers, content)


def _type(name: str) -> str:
    if name.startswith("/feeds/"):
        return "application/atom+xml"
    return TYPES.get(Path(name).suffix, "application/octet-stream")


def _moved(location: str) -> Reply:
    return 301, {**SECURITY, "Location": location, "Cache-Control": ASK}, b""


def _not_found(root: str) -> Reply:
    page = _read(root, "/404.html")
    kind = TYPES[".txt"] if page is None else TYPES[".html"]
    headers = {**SECURITY, "Content-Type": kind, "Cache-Control": ASK}
    return 404, headers, page or "没有这个页面 / There is no such page\n".encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
