"""The map of an import: which column becomes what, and whether that fits a sheet and an edition.

Knows no file (mapfile reads one) and no row.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from awards.errors import Finding, FindingsError
from awards.model import Edition
from awards.tables import Source, nearest

PLACE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Take:
    """How a text is taken from a row.

    column: whose cell. text: words with {columns} in braces, instead of a column. first_sentence: only where the cell
    is longer, its first sentence of at most so many characters; 0 for the whole cell. address: the first web address.
    without: characters that are dropped at the end.
    """

    column: str = ""
    text: str = ""
    first_sentence: int = 0
    address: bool = False
    without: str = ""

    @property
    def columns(self) -> list[str]:
        """The columns it reads."""
        return [self.column] if self.column else PLACE.findall(self.text)


@dataclass(frozen=True)
class SlugPart:
    """A part of the case number: a fixed text, a column's group, the category's code or the order of rows.

    pattern: what the whole cell must match; its group 1 is taken. width: digits, filled up with zeros.
    order: digits of the count of rows that share the parts before.
    """

    text: str
    column: str
    pattern: str
    width: int
    category: bool
    order: int


@dataclass(frozen=True)
class Coding:
    """A column whose values stand for codes.

    codes: value, casefolded -> code. default: the code for others, empty for none; None refuses them.
    """

    column: str
    codes: Mapping[str, str]
    default: str | None


@dataclass(frozen=True)
class Filter:
    """Rows that are left out. values: those to keep, or to drop. because: the reason, as the report says it."""

    column: str
    keep: bool
    values: tuple[str, ...]
    because: str


@dataclass(frozen=True)
class Section:
    """A section of the story. heading: may be empty. columns: whose cells follow one another, equal ones once."""

    heading: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Map:
    """A map. fields: by category code. replace: column -> found -> instead. required: keys that every row must fill."""

    source: Source
    sheet: str
    required: tuple[str, ...]
    slug: tuple[SlugPart, ...]
    keys: Mapping[str, Take]
    category: Coding
    fields: Mapping[str, Coding]
    facts: Mapping[str, Take]
    story: tuple[Section, ...]
    filters: tuple[Filter, ...]
    replace: Mapping[str, Mapping[str, str]]

    @property
    def columns(self) -> Iterator[tuple[str, str]]:
        """Every column it reads, with the key path that names it."""
        yield from ((f"slug[{at}].column", part.column) for at, part in enumerate(self.slug) if part.column)
        yield from ((f"keys.{key}", column) for key, take in self.keys.items() for column in take.columns)
        yield from [("category.column", self.category.column)] if self.category.column else []
        yield from ((f"fields.{code}.column", coding.column) for code, coding in self.fields.items() if coding.column)
        yield from ((f"facts.{label}", column) for label, take in self.facts.items() for column in take.columns)
        yield from ((f"story[{at}].columns", column) for at, part in enumerate(self.story) for column in part.columns)
        yield from ((f"filters[{at}].column", part.column) for at, part in enumerate(self.filters))
        yield from ((f"replace.{column}", column) for column in self.replace)


def check_map(plan: Map, columns: Collection[str], edition: Edition) -> None:
    """Raise FindingsError where the map names columns that the sheet lacks, or codes that the edition lacks."""
    source = plan.source
    for key, column in plan.columns:
        if column not in columns:
            allowed = f"one of {', '.join(filter(None, columns))}{nearest(column, columns)}"
            source.note(key, f"no such column: {column}", allowed)
    codes = {category.code: [field.code for field in category.fields] for category in edition.categories}
    _check_codes(source, "category", plan.category, codes)
    for code, coding in plan.fields.items():
        if code not in codes:
            allowed = f"one of {', '.join(codes)}{nearest(code, codes)}"
            source.note(f"fields.{code}", f"no such category: {code}", allowed)
        else:
            _check_codes(source, f"fields.{code}", coding, codes[code])
    raise_findings(source.findings)


def raise_findings(findings: list[Finding]) -> None:
    """Raise FindingsError where there are any, with advice for somebody who imports."""
    if findings:
        error = FindingsError(sorted(findings))
        error.advice = "Mend the map and import again; nothing was written."
        raise error


def _check_codes(source: Source, key: str, coding: Coding, codes: Collection[str]) -> None:
    for value, code in (*coding.codes.items(), ("default", coding.default)):
        if code and code not in codes:
            source.note(key, f"no such code: {code} (for {value})", f"one of {', '.join(codes)}{nearest(code, codes)}")
