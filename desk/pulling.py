"""Pull: what arrived, brought into the private folder of this machine.

Knows the store and the uploads of a place, and the folder's layout from pulled.py. Files are named by their content and
written under another name first; submission.json comes last: who reads the folder meanwhile sees the submission as it
was or as it is. What is here already does not travel again. What was withdrawn is removed.
"""

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chalicelib.drafts import Draft, File, State
from chalicelib.uploads import Uploads
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from awards.errors import PingxuanError
from awards.model import Edition
from awards.screening import NUMBER
from desk import pulled
from desk.pulled import Pulled, findings_of, folder_of
from desk.submitted import Submitted

_DIGEST = re.compile("[0-9a-f]{64}")
_PIECE = 1 << 20
_GONE = ("文件不在存储中", "it is not in the store")
_CHANGED = ("内容与登记的不符", "its content is not what was noted when it was uploaded")
_UNDONE = ("上传没有完成", "its upload was not finished")

Tracked = Callable[[list[Draft]], Iterable[Draft]]


@dataclass(frozen=True)
class Report:
    """What a pull did. numbers: all that are here; changed, removed: of these; files: fetched; bytes: of these."""

    numbers: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    files: int
    bytes: int


def pull(edition: str, place: Submitted, var: Path, tracked: Tracked = iter) -> Report:
    """Bring the submissions of an edition here. tracked: tells how far it is."""
    drafts = sorted((each for each in place.store.drafts(edition) if each.number), key=lambda each: each.number)
    if wrong := [each.number for each in drafts if not re.fullmatch(NUMBER, each.number)]:
        raise PingxuanError(f"The store holds a submission numbered {wrong[0]!r}", "Nothing was pulled.")
    root = folder_of(var, edition)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    changed: list[str] = []
    removed: list[str] = []
    fetched: list[int] = []
    for draft in tracked(drafts):
        if draft.state is State.WITHDRAWN:
            removed += [draft.number] if _remove(root / draft.number) else []
            continue
        done = _keep(draft, place.uploads, root / draft.number, fetched)
        changed += [draft.number] if done else []
    numbers = tuple(each.number for each in drafts if each.state is not State.WITHDRAWN)
    return Report(numbers, tuple(changed), tuple(removed), len(fetched), sum(fetched))


def with_bar(console: Console) -> Tracked:
    """A bar that shows how far it is."""
    return lambda drafts: track(drafts, "Pulling", console=console, transient=True)


def show(edition: Edition, report: Report, var: Path, console: Console) -> None:
    """Print what was pulled, and a table of the findings."""
    here = pulled.read_all(var, edition.id)
    console.print(table_of(edition, here))
    console.print(
        f"{len(report.numbers)} submissions, {len(report.changed)} new or changed, {len(report.removed)} withdrawn; "
        f"{report.files} files fetched ({report.bytes / 1_000_000:.1f} MB). They lie in "
        f"{escape(str(folder_of(var, edition.id)))}, privately.",
        soft_wrap=True,
    )


def table_of(edition: Edition, of: list[Pulled]) -> Table:
    """A table of submissions with their findings, in the edition's language."""
    said = findings_of(edition, of)
    table = Table("number", "state", "title", "entrant", "findings", title=escape(edition.title))
    for each in of:
        title, entrant = (pulled.shown(each, key) for key in (edition.form.case.title, edition.form.case.entrant))
        told = "\n".join(pulled.told(edition, fault) for fault in said[each.number])
        table.add_row(each.number, str(each.draft.state), escape(title), escape(entrant), escape(told) or "—")
    return table


def _remove(folder: Path) -> bool:
    there = folder.is_dir()
    shutil.rmtree(folder, ignore_errors=True)
    return there


def _keep(draft: Draft, uploads: Uploads, folder: Path, fetched: list[int]) -> bool:
    """Whether anything of a submission was new."""
    files = folder / "files"
    files.mkdir(mode=0o700, parents=True, exist_ok=True)
    one = Pulled(draft, folder)
    broken = {file.file: why for file in draft.files for why in _fetch(draft, file, uploads, one, fetched)}
    text = pulled.text_of(draft, broken).encode()
    path = folder / pulled.NAME
    new = not path.is_file() or path.read_bytes() != text
    if new:
        _write(path, iter([text]))
    kept = {one.path(file).name for file in draft.files if file.digest}
    for stray in (path for path in files.iterdir() if path.name not in kept):
        stray.unlink()
    return new


def _fetch(draft: Draft, file: File, uploads: Uploads, one: Pulled, fetched: list[int]) -> Iterator[tuple[str, str]]:
    """Bring a file here if it is not; why it does not open, if so."""
    if not file.done or not _DIGEST.fullmatch(file.digest):
        yield _UNDONE
        return
    path = one.path(file)
    if path.is_file() and path.stat().st_size == file.size:
        return
    try:
        with uploads.open(draft.key(file.file)) as source:
            digest = _write(path, iter(lambda: source.read(_PIECE), b""), file.digest)
    except FileNotFoundError:
        yield _GONE
        return
    if digest != file.digest:
        yield _CHANGED
        return
    fetched.append(path.stat().st_size)


def _write(path: Path, pieces: Iterator[bytes], wanted: str = "") -> str:
    """Write under another name, then rename; the digest. wanted: with another digest nothing stays."""
    part, digest = path.with_name(f".{secrets.token_hex(8)}.part"), hashlib.sha256()
    try:
        with part.open("xb") as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if wanted in {"", digest.hexdigest()}:
            part.replace(path)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise PingxuanError(f"{path} cannot be written: {error}", "Free some space, then pull again.") from error
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
    return digest.hexdigest()
