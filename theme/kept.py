"""What the last build kept: the key of every page it wrote, and every story it rendered.

Knows digests and one SQLite file; knows no page. A page's key is a digest of all that the page is made from, never a
time, since a git checkout resets times. The file may be deleted at any moment: the next build is then a full one.
"""

import hashlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path

_SCHEMA = """
create table if not exists pages (output text, path text, key text, primary key (output, path)) without rowid;
create table if not exists stories (digest text primary key, html text) without rowid;
"""


def digest(*parts: object) -> str:
    """SHA-256, hex, of values by their repr; equal values give equal digests in every process."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def files_digest(*folders: Path) -> str:
    """SHA-256, hex, of the names and bytes of all files below the folders."""
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
            total.update(f"{path.relative_to(folder)}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


class Kept:
    """The file of one content folder's builds, for one output folder.

    is_current promises that the page was written with this key and still stands; begin, that a build broken off
    from then on leaves no page that the next one takes for current, nor one that it forgets; commit forgets all pages
    that this build did not name, deletes their files, and makes the rest durable.
    """

    def __init__(self, file: Path, output: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._output = output.resolve()
        self._db = sqlite3.connect(file)
        self._db.executescript(_SCHEMA)
        self._forget_lost_outputs()
        rows = self._db.execute("select path, key from pages where output = ?", (str(self._output),))
        self._before: dict[str, str] = dict(rows.fetchall())
        self._now: dict[str, str] = {}
        self._stories: list[tuple[str, str]] = []

    def is_current(self, path: str, key: str) -> bool:
        """Whether the page at path needs no writing. The page is part of this build from now on."""
        self._now[path] = key
        return self._before.get(path) == key and (self._output / path).is_file()

    def story(self, story_digest: str) -> str | None:
        """A rendered story by the digest of its source and renderer."""
        row = self._db.execute("select html from stories where digest = ?", (story_digest,)).fetchone()
        return row[0] if row else None

    def keep_story(self, story_digest: str, html: str) -> None:
        """Remember a rendered story."""
        self._stories.append((story_digest, html))

    def begin(self, paths: Iterable[str]) -> None:
        """Distrust these pages until commit: they are about to be written."""
        with self._db:
            rows = ((str(self._output), path) for path in paths)
            self._db.executemany("insert or replace into pages values (?, ?, '')", rows)

    def commit(self) -> None:
        """Delete what no source makes any more, and remember what this build made."""
        for path in self._before.keys() - self._now.keys():
            (self._output / path).unlink(missing_ok=True)
            _remove_empty((self._output / path).parent, self._output)
        with self._db:
            self._db.executemany("insert or replace into stories values (?, ?)", self._stories)
            self._db.execute("delete from pages where output = ?", (str(self._output),))
            rows = ((str(self._output), path, key) for path, key in self._now.items())
            self._db.executemany("insert into pages values (?, ?, ?)", rows)
        self._db.close()

    def _forget_lost_outputs(self) -> None:
        outputs = [row[0] for row in self._db.execute("select distinct output from pages")]
        lost = [(output,) for output in outputs if not Path(output).is_dir()]
        with self._db:
            self._db.executemany("delete from pages where output = ?", lost)


def _remove_empty(folder: Path, stop: Path) -> None:
    while folder != stop and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
