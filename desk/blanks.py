"""The blank papers of a built site: /EDITION/apply/form.docx, and declaration.docx where the form has one.

Knows where they lie; what stands in them is chalicelib.paper's. They are written after Pelican, since pages are the
theme's and papers are not, and only where they changed.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from awards.calls import window_of
from awards.content import load_rules
from awards.model import Edition
from desk import files


def write(content: Path, site: Path) -> list[Path]:
    """The blank papers of every edition that takes submissions, in a built site; what stood there of others goes."""
    folders = sorted(path.parent for path in content.glob("editions/*/edition.toml"))
    editions = [edition for edition, _ in map(load_rules, folders) if window_of(edition)]
    written = [
        _kept(site / edition.id / "apply" / name, document)
        for edition in editions
        for name, document in _papers(edition)
    ]
    for stale in set(site.glob("*/apply/*.docx")).difference(written):
        stale.unlink()
        with suppress(OSError):  # pages of the same folder are still there
            stale.parent.rmdir()
    return written


def _papers(edition: Edition) -> Iterator[tuple[str, bytes]]:
    from chalicelib import paper  # noqa: PLC0415 Word's libraries are large, and most verbs write no paper

    yield "form.docx", paper.form_docx(edition, None)
    declaration = paper.declaration_docx(edition, None)
    if declaration is not None:
        yield "declaration.docx", declaration


def _kept(path: Path, document: bytes) -> Path:
    if not path.is_file() or path.read_bytes() != document:
        files.put(path, document, "Look at its free space and its owner, then build again.")
    return path
