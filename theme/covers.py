"""Covers of cases without a picture: quarter circles drawn from the case's number, in its category's colour.

Knows SHA-256 and SVG. The same number always gives the same bytes. No randomness, no clock, no disk.
"""

import hashlib
from collections.abc import Iterator

from markupsafe import Markup

from awards.model import Edition

# Dark enough for white text on each (4.5:1, guarded by a test), far enough apart to tell neighbours apart.
PALETTE = (
    "#0b5d6b",
    "#8a2d4a",
    "#7a4a12",
    "#5a3d86",
    "#4c5c0c",
    "#304a88",
    "#8f3a1f",
    "#1f6340",
    "#74307a",
    "#3f5562",
    "#93303a",
    "#5c5230",
)
OPACITIES = (".14", ".24", ".38")

# A quarter circle fills a unit cell around one of its corners: start, then one side, the arc, and back.
QUARTERS = (
    (1, 0, "a1 1 0 0 1-1 1v-1z"),
    (1, 1, "a1 1 0 0 1-1-1h1z"),
    (0, 1, "a1 1 0 0 1 1-1v1z"),
    (0, 0, "a1 1 0 0 1 1 1h-1z"),
)


def colour(edition: Edition, category_code: str) -> str:
    """The colour of a category: by its position, so that it stays when cases come and go."""
    codes = [category.code for category in edition.categories]
    position = codes.index(category_code) if category_code in codes else 0
    return PALETTE[position % len(PALETTE)]


def cover(slug: str, colour: str) -> str:
    """A standalone SVG picture, 8 by 5 cells."""
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="400" viewBox="0 0 8 5">'
    return f'{head}<path fill="{colour}" d="M0 0h8v5H0z"/>{_pattern(slug, 8, 5)}</svg>\n'


def band(slug: str, colour: str) -> Markup:
    """The slim band of a case's page, to stand inside the page; it says nothing to a screen reader."""
    head = '<svg class="band" viewBox="0 0 24 3" aria-hidden="true" focusable="false">'
    return Markup(f'{head}<path fill="{colour}" d="M0 0h24v3H0z"/>{_pattern(slug, 24, 3)}</svg>')  # noqa: S704 - ours


def _pattern(slug: str, columns: int, rows: int) -> str:
    """One path per opacity, so that a page of covers stays light."""
    paths = ["", "", ""]
    stream = _bytes(slug)
    for y in range(rows):
        for x in range(columns):
            byte = next(stream)
            if byte % 8 < 5:  # five of eight cells are filled
                dx, dy, quarter = QUARTERS[byte >> 6]
                paths[(byte >> 3) % 8 % 3] += f"M{x + dx} {y + dy}{quarter}"
    return "".join(
        f'<path fill="#fff" fill-opacity="{o}" d="{d}"/>' for o, d in zip(OPACITIES, paths, strict=True) if d
    )


def _bytes(slug: str) -> Iterator[int]:
    """A stream of bytes that depends on the number alone."""
    block = 0
    while True:
        yield from hashlib.sha256(f"{slug}/{block}".encode()).digest()
        block += 1
