"""The guard of git: what is private never enters content/, since git forgets nothing.

Knows what was pulled (var/pulled), the flags of each form and what git is about to commit; decides nothing else. It
looks for the private answers themselves, however they are spaced, for the entrants' own files, and for what looks like
personal data. A find that is meant stands in .githooks/allowed.toml, with its reason.
"""

import hashlib
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from awards.content import read_text
from awards.errors import Finding, FindingsError, PingxuanError
from awards.likeness import plain
from awards.personal import finds
from awards.tables import Source, Table
from desk.withheld import Secrets, secrets_of

GUARDED = "content/"
ALLOWED = ".githooks/allowed.toml"


@dataclass(frozen=True)
class Allowed:
    """A find that is meant. path: of the file, from the repository's root. text: what stands there. reason: why."""

    path: str
    text: str
    reason: str


def check(files: Iterable[tuple[str, bytes]], secrets: Secrets, allowed: Iterable[Allowed]) -> list[Finding]:
    """What is private in these files, each a path from the repository's root and its content."""
    meant = {(each.path, plain(each.text)) for each in allowed}
    found = []
    for path, data in files:
        digest = hashlib.sha256(data).hexdigest()
        if digest in secrets.files:
            found.append(Finding(path, 0, "", secrets.files[digest], "what publish.py screen makes of it"))
        text = _text(data)
        if text is not None:
            found += _in_text(path, text, secrets, meant)
    return sorted(set(found))


def top() -> Path:
    """The root of the repository in which this runs."""
    return Path(_git(Path.cwd(), "rev-parse", "--show-toplevel").decode().rstrip("\n"))


def staged(root: Path) -> Iterator[tuple[str, bytes]]:
    """The files below content/ as git is about to commit them."""
    listed = _git(root, "diff", "--cached", "--name-only", "-z", "--no-renames", "--diff-filter=ACMT", "--", GUARDED)
    for name in filter(None, listed.decode("utf-8", "surrogateescape").split("\0")):
        yield name, _git(root, "cat-file", "blob", f":{name}")


def standing(root: Path) -> Iterator[tuple[str, bytes]]:
    """All files below content/ as they stand."""
    for path in sorted((root / GUARDED).rglob("*")):
        if path.is_file():
            yield path.relative_to(root).as_posix(), path.read_bytes()


def read_allowed(root: Path) -> list[Allowed]:
    """What is meant. Raises FindingsError if the list is not as it should be."""
    path = root / ALLOWED
    source = Source(ALLOWED, "")
    if path.is_file():
        source.text = read_text(path, ALLOWED, source.findings)
    table = source.parse()
    found = [_allowed(entry) for entry in table.tables("allowed")]
    table.done()
    if source.findings:
        raise FindingsError(source.findings)
    return found


def run(root: Path, var: Path, *, everything: bool) -> int:
    """Check what git is about to commit, or everything; how many files. Raises FindingsError with all that is found."""
    files = list(standing(root) if everything else staged(root))
    found = check(files, secrets_of(var, root / GUARDED / "editions"), read_allowed(root))
    if found:
        raise FindingsError(found)
    return len(files)


def _allowed(table: Table) -> Allowed:
    found = Allowed(table.text("path"), table.text("text"), table.text("reason"))
    table.done()
    return found


def _in_text(path: str, text: str, secrets: Secrets, meant: set[tuple[str, str]]) -> Iterator[Finding]:
    hidden = text
    for known, value in meant:
        if known == path and value in plain(text):
            hidden = _without(hidden, value)
    for number, line in enumerate(hidden.split("\n"), 1):
        for find in finds(line):
            yield Finding(
                path,
                number,
                "",
                f"{find.masked}, which looks like {find.en}",
                f"nothing private; what is meant, in {ALLOWED}",
            )
    for what in dict.fromkeys(secrets.inside(hidden)):
        yield Finding(path, 0, "", what, "public answers alone")


def _without(text: str, value: str) -> str:
    """The text without a value that is meant there, however it is spaced."""
    pattern = r"[\W_]{0,3}".join(map(re.escape, value))
    return re.sub(pattern, "", text, flags=re.IGNORECASE)


def _text(data: bytes) -> str | None:
    if b"\0" in data[:8192]:
        return None
    return data.decode("utf-8", "replace")


def _git(root: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True)  # noqa: S607 found as the user's
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", b"") or str(error).encode()
        raise PingxuanError(f"git: {said.decode(errors='replace').strip()}", "Run it inside the repository.") from error
    return done.stdout
