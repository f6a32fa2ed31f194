"""Back up what this machine keeps, while votes go on, and put it back.

Knows the layout of var/: SQLite files are copied by SQLite itself, so that a copy is one moment's truth; what a build
makes anew (site/, cache/) is left out, and so are the access logs, whose addresses must not outlive their days.
Nothing is overwritten: an archive is complete or absent, and what stood in var/ is moved aside.
"""

import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from awards.errors import PingxuanError

UPLOADS = "uploads"
LEFT_OUT = ("site", "cache", "logs")
_SIDE_FILES = ("-wal", "-shm", "-journal")


def backup(var: Path, to: Path) -> Path:
    """Write one archive of var/, and its path: to itself, or a dated name in it if it is a folder.

    Raises PingxuanError if there is nothing to back up, or if the archive exists.
    """
    if not _databases(var):
        raise PingxuanError(f"There is no database in {var}", "Name the folder that serve keeps its data in.")
    target = (to / f"pingxuan-{_stamp()}.zip" if to.is_dir() else to).resolve()
    if target.is_relative_to(var.resolve()):
        raise PingxuanError(f"{target} lies inside what is backed up", "Name a place outside, best on another disk.")
    if target.exists():
        raise PingxuanError(f"{target} exists", "Name another file; archives are never overwritten.")
    with _beside(target) as folder:
        _copy(var, folder / "var")
        part = folder / "archive.zip"
        with part.open("xb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for path in _files(folder / "var"):
                    archive.write(path, path.relative_to(folder))
            os.fsync(file.fileno())
        part.chmod(0o600)
        part.rename(target)
    return target


def restore(archive: Path, var: Path) -> Path | None:
    """Put an archive in the place of var/; where the folder that stood there is now, None if it was empty.

    Raises PingxuanError, with var/ as it was, if the archive is damaged or a database is in use.
    """
    var = var.resolve()
    with _beside(var) as folder:
        _extract(archive, folder)
        for database in _databases(folder / "var"):
            _check(database)
        for database in _databases(var):
            _refuse_in_use(database)
        if var.is_dir() and os.geteuid() == 0:
            _give(folder / "var", var.stat())
        os.sync()  # what is switched to is on the disk
        return _switch(folder / "var", var)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A private folder on the same disk as the path, so that a rename is one step; gone at the end."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            yield Path(folder)
    except OSError as error:
        raise PingxuanError(f"{path}: {error.strerror or error}", "Look at its free space and its owner.") from error


def _copy(var: Path, to: Path) -> None:
    """Databases after what is published from them, which may be older, never newer; uploads after who names them."""
    databases = _databases(var)
    to.mkdir(mode=0o700)
    for path in _files(var):
        if path not in databases and not path.is_relative_to(var / UPLOADS):
            _place(var, path, to, shutil.copy2)
    for path in databases:
        _place(var, path, to, _copy_database)
    for path in _files(var / UPLOADS, var):
        _place(var, path, to, shutil.copy2)


def _place(var: Path, path: Path, to: Path, copy: Callable[[Path, Path], object]) -> None:
    target = to / path.relative_to(var)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        copy(path, target)
    except FileNotFoundError:
        return  # replaced or removed since it was listed: it was a file in passing
    target.chmod(0o600)


def _files(folder: Path, var: Path | None = None) -> Iterator[Path]:
    """What is kept of a folder of var/, or of all of it."""
    var = var or folder
    for path in sorted(folder.rglob("*")):
        passing = path.name.endswith(_SIDE_FILES) or path.relative_to(var).parts[0] in LEFT_OUT
        if path.is_file() and not path.is_symlink() and not passing:
            yield path


def _databases(var: Path) -> list[Path]:
    return [path for path in _files(var) if path.suffix == ".sqlite"]


def _copy_database(source: Path, copy: Path) -> None:
    """One moment of a database, whoever writes meanwhile: in WAL neither waits for the other."""
    try:
        with closing(_open(source)) as db, closing(sqlite3.connect(copy)) as other:
            db.backup(other)
    except sqlite3.Error as error:
        raise PingxuanError(
            f"{source} cannot be copied: {error}", "Try again; if it stays so, the file is damaged."
        ) from error
    _check(copy)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)


def _check(database: Path) -> None:
    try:
        with closing(_open(database)) as db:
            found = [str(row[0]) for row in db.execute("PRAGMA integrity_check(3)")]
    except sqlite3.Error as error:
        found = [str(error)]
    if found != ["ok"]:
        raise PingxuanError(f"{database.name} is damaged: {'; '.join(found)}", "Take an older archive.")


def _extract(archive: Path, folder: Path) -> None:
    """Unpack; names that lead elsewhere are kept inside by zipfile, links come out as plain files."""
    try:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError) as error:
        raise PingxuanError(f"{archive} is damaged: {error}", "Take another archive; nothing was changed.") from error
    if not _databases(folder / "var"):
        raise PingxuanError(f"{archive} holds no database", "Name an archive that backup wrote; nothing was changed.")
    (folder / "var").chmod(0o700)
    for path in _files(folder / "var"):
        path.chmod(0o600)


def _give(folder: Path, owner: os.stat_result) -> None:
    """Root restores, and the service goes on: it must own what it writes to."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)


def _refuse_in_use(database: Path) -> None:
    """A server that goes on after the switch would write into the folder that was moved aside."""
    try:
        with closing(_open(database)) as db:
            db.execute("PRAGMA busy_timeout = 0")
            db.execute("PRAGMA locking_mode = EXCLUSIVE")  # in WAL, refused while anybody has the file open
            db.execute("BEGIN EXCLUSIVE")
            db.rollback()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise PingxuanError(
                f"{database} is in use", "Stop the server, then restore; nothing was changed."
            ) from error
    except sqlite3.DatabaseError:
        return  # no database any more: a reason to restore, not to refuse


def _switch(new: Path, var: Path) -> Path | None:
    aside = None
    if var.is_dir() and any(var.iterdir()):
        aside = var.with_name(f"{var.name}.before-{_stamp()}")
        var.rename(aside)
    try:
        new.rename(var)  # takes the place of an empty folder too
    except OSError:
        if aside:
            aside.rename(var)
        raise
    return aside


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
