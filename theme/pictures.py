"""The pictures of an edition as its pages show them: the file that a case names, and the WebP widths beside it.

Knows file names and addresses (desk.pictures made the files: <stem>.jpg, <stem>-480.webp and wider); refuses to know
cases and pages. The folder is listed once, by `pictures_in`; a Pictures is data.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import quote

WIDTH = re.compile(r"(?P<stem>[0-9a-f]{16})-(?P<width>[1-9][0-9]{0,4})\.webp")  # named by content: nothing else is one


@dataclass(frozen=True)
class Shown:
    """One picture of a case: its address, what it shows in words, and its widths as srcset wants them (or empty)."""

    url: str
    alt: str
    srcset: str


@dataclass(frozen=True)
class Pictures:
    """base: the address of the folder. widths: stem of a picture -> the widths there are of it, smallest first."""

    base: str
    widths: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def url(self, file: str) -> str:
        """Where a file is published."""
        return f"{self.base}{quote(file)}"

    def shown(self, file: str, alt: str) -> Shown:
        """A picture as a case's page shows it."""
        sources = zip(self._smaller(file), self._widths(file), strict=True)
        return Shown(self.url(file), alt, ", ".join(f"{self.url(name)} {width}w" for name, width in sources))

    def small(self, file: str) -> str:
        """The address of its smallest width, for a card; empty where there is none."""
        return next(map(self.url, self._smaller(file)), "")

    def files(self, file: str) -> list[str]:
        """Everything to publish of a picture."""
        return [file, *self._smaller(file)]

    def _widths(self, file: str) -> tuple[int, ...]:
        return self.widths.get(PurePosixPath(file).stem, ())

    def _smaller(self, file: str) -> list[str]:
        stem = PurePosixPath(file).stem
        return [f"{stem}-{width}.webp" for width in self._widths(file)]


def pictures_in(folder: Path, base: str) -> Pictures:
    """What a folder has; no pictures where there is no folder."""
    found: dict[str, list[int]] = {}
    for path in folder.glob("*.webp"):
        if made := WIDTH.fullmatch(path.name):
            found.setdefault(made["stem"], []).append(int(made["width"]))
    return Pictures(base, {stem: tuple(sorted(widths)) for stem, widths in found.items()})
