"""What a file really is, by its bytes: a program of its own, started by looking.py in a process with limits.

Knows the types that uploads may have, and what each begins and ends with; a picture is decoded whole. PDF, Office and
film are recognised, never opened: of a zip file only the list of names is read. Writes one line of JSON.

    python -m chalicelib.recognising FILE TYPE
"""

from chalicelib import bounds

if __name__ == "__main__":
    bounds.bind()

import hashlib
import json
import re
import sys
import zipfile
from pathlib import Path

import puremagic

from awards.uploads import TYPES

HEAD, TAIL = 4096, 4096
NAMES = 20_000  # entries of a zip file
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OOXML = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}
STREAMS = {  # names in an old Office file's directory
    "doc": "WordDocument",
    "xls": "Workbook",
    "ppt": "PowerPoint Document",
}
FILM = re.compile(rb"\0\0\0[\x08-\xff]ftyp(isom|iso[2-9]|mp4[12v]|avc1|M4V |M4VP|dash|MSNV|f4v )", re.DOTALL)
PICTURES = {"jpg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n"}


def look(path: Path, claimed: str) -> dict[str, object]:
    """What was found: digest, type (empty for none of ours), name (of what else it is), code of a fault (or empty)."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        head = file.read(HEAD)
        file.seek(max(0, path.stat().st_size - TAIL))
        tail = file.read(TAIL)
    found = TYPES.get(_ending(path, head), "")
    report: dict[str, object] = {"digest": digest, "type": found, "name": "" if found else _name(head), "code": ""}
    if found != claimed:
        return report | {"code": _unwanted(path, head) or "wrong_type"}
    if found == TYPES["pdf"] and b"%%EOF" not in tail:
        return report | {"code": "cut_off"}
    return report | (_picture(path) if found.startswith("image/") else {})


def _ending(path: Path, head: bytes) -> str:
    """The ending that belongs to what the file begins with; empty for none of ours."""
    for ending, sign in PICTURES.items():
        if head.startswith(sign):
            return ending
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith(b"%PDF-"):
        return "pdf"
    if FILM.match(head):
        return "mp4"
    return _old_office(path) if head.startswith(OLE) else _office(path) if head.startswith(ZIP) else ""


def _office(path: Path) -> str:
    """Office's zip files by the names in them; nothing is unpacked."""
    names = _names(path)
    if "[Content_Types].xml" not in names or _macros(names):
        return ""
    return next((ending for ending, folder in OOXML.items() if any(name.startswith(folder) for name in names)), "")


def _names(path: Path) -> set[str]:
    """What a zip file says is in it; some of it where that is very much."""
    try:
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist()[:NAMES])
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return set()


def _macros(names: set[str]) -> bool:
    return any(name.endswith("vbaProject.bin") for name in names)


def _unwanted(path: Path, head: bytes) -> str:
    """Of Office files that are none of ours, those whose senders can be told more; empty for all else."""
    if head.startswith(OLE) and "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        return "protected"
    return "macros" if head.startswith(ZIP) and _macros(_names(path)) else ""


def _old_office(path: Path) -> str:
    """Old Office files by the names of their streams; an encrypted new one has none of them."""
    data = path.read_bytes()
    return next((ending for ending, stream in STREAMS.items() if stream.encode("utf-16-le") in data), "")


def _picture(path: Path) -> dict[str, object]:
    from chalicelib.decoding import NoPictureError, decoded  # noqa: PLC0415 Pillow only where there is a picture

    try:
        _, (width, height) = decoded(path)
    except NoPictureError as error:
        return {"code": error.code}
    return {"width": width, "height": height}


def _name(head: bytes) -> str:
    """What else it is, as far as puremagic can tell."""
    try:
        best = puremagic.magic_string(head)[0]
    except (puremagic.PureError, ValueError, IndexError):
        return ""
    return str(best.name)[:60]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(look(Path(sys.argv[1]), sys.argv[2])))
