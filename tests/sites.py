"""Building sites in tests: a content folder of chosen editions, built by the verbs' own code."""

import re
import shutil
from pathlib import Path

from desk import release

EDITIONS = Path(__file__).parent / "editions"


def content_with(folder: Path, *editions: Path) -> Path:
    """A content folder with copies of these editions."""
    for edition in editions:
        shutil.copytree(edition, folder / "editions" / edition.name)
    return folder


def built(content: Path, to: Path, var: Path, *, samples: bool = True) -> dict[str, bytes]:
    """Build, and read back every file by its path in the site."""
    release.build(content, to, var, samples=samples)
    return contents(to)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def without_versions(page: bytes) -> bytes:
    """A page with the digests of its static files blanked, so that a change of style is no change of page."""
    return re.sub(rb"\?v=[0-9a-f]{12}", b"?v=", page)
