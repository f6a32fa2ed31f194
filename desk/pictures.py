"""The pictures of cases: made once, when a case is approved, of what the entrant sent, which itself is never published.

Knows names and folders; the picture is opened by desk.deriving alone, in a process with limits. Of one picture come a
JPEG and up to three WebP widths, named by what they hold: <16 hex>.jpg, <16 hex>-480.webp, -960, -1600. A case names
the JPEG; the others lie beside it.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from chalicelib import limited
from chalicelib.looking import REASONS
from rich.console import Console
from rich.progress import track

from awards.errors import PingxuanError

PATIENCE = 600.0  # seconds for one's turn: all wait for the same few processes
NAME = 16  # hex digits


@dataclass(frozen=True)
class Shown:
    """A picture that can be shown. file: its JPEG, as a case names it. width, height: that one's. files: of all."""

    file: str
    width: int
    height: int
    files: tuple[str, ...]


def derive(picture: Path) -> tuple[Shown, Mapping[str, bytes]]:
    """What is shown of a picture, name to bytes. Raises PingxuanError with the reason where nothing can be."""
    try:
        said, _, data = limited.run("desk.deriving", str(picture.resolve()), wait=PATIENCE).partition(b"\n")
        report = json.loads(said)
    except (limited.BrokenOffError, ValueError) as error:
        raise _refusal(picture, "too_costly") from error
    if report["code"]:
        raise _refusal(picture, report["code"])
    stem = hashlib.sha256(data).hexdigest()[:NAME]
    files = dict(_cut(stem, report["files"], data))
    return Shown(f"{stem}.jpg", report["width"], report["height"], tuple(files)), files


def put(picture: Path, folder: Path) -> Shown:
    """Make what is shown of a picture and keep it in a folder, such as content/editions/<id>/pictures."""
    shown, files = derive(picture)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        if not (folder / name).exists():  # named by its bytes: what is there is the same
            fresh = folder / f".{name}.{secrets.token_hex(4)}"
            fresh.write_bytes(data)
            fresh.replace(folder / name)
    return shown


def put_all(pictures: Iterable[Path], folder: Path, console: Console) -> dict[Path, Shown | PingxuanError]:
    """Make and keep what is shown of many pictures, as many at once as there are processors; a reason where it failed.

    Each is written as soon as it is made: memory does not grow with their number.
    """
    asked = list(pictures)
    with ThreadPoolExecutor(limited.AT_ONCE) as pool:
        done = pool.map(lambda picture: _attempt(picture, folder), asked)
        told = track(done, "making pictures", total=len(asked), console=console, transient=True)
        return dict(zip(asked, told, strict=True))


def _attempt(picture: Path, folder: Path) -> Shown | PingxuanError:
    try:
        return put(picture, folder)
    except PingxuanError as error:
        return error


def _cut(stem: str, sizes: Mapping[str, int], data: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    for ending, size in sizes.items():
        yield stem + ending, data[at : at + size]
        at += size


def _refusal(picture: Path, code: str) -> PingxuanError:
    zh, en = REASONS[code]
    return PingxuanError(f"{picture.name} cannot be shown", f"{en} {zh}")
