"""A map file read: TOML into a Map, with every fault told. docs/import.md lists its keys.

Knows the keys; knows no sheet and no edition.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from awards.content import read_text
from awards.errors import Finding
from awards.lines import join
from awards.tables import Source, Table, nearest, shown
from desk.celltext import one_line
from desk.maps import Coding, Filter, Map, Section, SlugPart, Take, raise_findings

KEYS = ("title", "entrant", "summary", "in_operation", "source", "withdrawn")


def read_map(path: Path) -> Map:
    """The map in a file. Raises FindingsError with all its faults."""
    findings: list[Finding] = []
    table = Source(path.name, read_text(path, path.name, findings), findings=findings).parse()
    keys = _keys(table)
    found = Map(
        source=table.source,
        sheet=table.text("sheet", ""),
        required=_required(table, keys),
        slug=tuple(_slug_part(entry) for entry in table.tables("slug")),
        keys=keys,
        category=_coding(table.table("category") or _missing(table, "category", "a table such as [category]")),
        fields=_tables(table, "fields"),
        facts=_takes(table.table("facts")),
        story=tuple(_section(entry) for entry in table.tables("story")),
        filters=tuple(_filter(entry) for entry in table.tables("filters")),
        replace=_replace(table),
    )
    if not found.slug and not table.broken:
        table.note("slug", "missing", "at least one [[slug]]: the parts of the case number")
    table.done()
    raise_findings(findings)
    return found


def _missing(table: Table, name: str, allowed: str) -> Table:
    if not table.broken:
        table.note(name, "missing", allowed)
    return Table(table.source, name, {}, broken=True)


def _keys(table: Table) -> Mapping[str, Take]:
    entry = table.table("keys") or _missing(table, "keys", "a table such as [keys]")
    for name in entry.data:
        if name not in KEYS:
            entry.note(name, f"unknown key {name}", f"one of {', '.join(KEYS)}{nearest(name, KEYS)}")
    if "title" not in entry.data and not entry.broken:
        entry.note("title", "missing", "the column of the titles")
    return _takes(entry)


def _required(table: Table, keys: Collection[str]) -> tuple[str, ...]:
    names = table.texts("required")
    for number, name in enumerate(names):
        if name not in keys:
            table.note(f"required[{number}]", shown(name), f"one of the [keys]: {', '.join(keys)}")
    return tuple(dict.fromkeys(("title", *names)))


def _takes(table: Table | None) -> dict[str, Take]:
    return {name: _take(table, name) for name in table.data} if table else {}


def _take(table: Table, name: str) -> Take:
    allowed = 'a column, or a table such as { column = "…" } or { text = "…{column}…" }'
    value = table.value(name, (str, dict), allowed, "")
    entry = Table(table.source, join(table.path, name), value if isinstance(value, dict) else {"column": value})
    take = Take(
        column=one_line(entry.text("column", "")),
        text=entry.text("text", ""),
        first_sentence=entry.whole("first_sentence", 40, 10_000, 0),
        address=entry.flag("address"),
        without=entry.text("without", ""),
    )
    if bool(take.column) == bool(take.text) and (isinstance(value, dict) or not value):
        table.note(name, "both a column and a text" if take.column else "neither a column nor a text", allowed)
    entry.done()
    return take


def _slug_part(table: Table) -> SlugPart:
    part = SlugPart(
        text=table.matching("text", "[a-z0-9-]+", "a-z, 0-9 and -", ""),
        column=one_line(table.text("column", "")),
        pattern=table.text("pattern", "(.+)"),
        width=table.whole("width", 1, 9, 0),
        category=table.flag("category"),
        order=table.whole("order", 1, 6, 0),
    )
    if sum(map(bool, (part.text, part.column, part.category, part.order))) != 1:
        table.note("", shown(table.data), "one of text, column, category = true, order = 2 (digits)")
    try:
        groups = re.compile(part.pattern).groups
    except re.error:
        groups = 0
    if groups != 1:
        table.note("pattern", shown(part.pattern), "a regular expression with one group, such as '([0-9]+)'")
    table.done()
    return part


def _coding(table: Table) -> Coding:
    values = table.value("values", dict, "a table of value = code", {})
    for value, code in values.items():
        if not isinstance(code, str):
            table.note(f"values.{value}", shown(code), "a code")
    codes = {one_line(value).casefold(): code for value, code in values.items() if isinstance(code, str)}
    default = table.text("default", "") if table.has("default") else None
    coding = Coding(one_line(table.text("column", "")), codes, default)
    if not coding.column and coding.default is None and not table.broken:
        table.note("column", "missing", "a column, or a default for all rows")
    table.done()
    return coding


def _tables(table: Table, name: str) -> dict[str, Coding]:
    entry = table.table(name)
    entries = {code: entry.table(code) for code in entry.data} if entry else {}
    return {code: _coding(part) for code, part in entries.items() if part}


def _section(table: Table) -> Section:
    section = Section(one_line(table.text("heading", "")), tuple(one_line(column) for column in table.texts("columns")))
    if not section.columns:
        table.note("columns", "none", "at least one column")
    table.done()
    return section


def _filter(table: Table) -> Filter:
    keep = table.has("keep")
    found = Filter(one_line(table.text("column")), keep, table.texts("keep" if keep else "drop"), table.text("because"))
    if keep == table.has("drop"):
        table.note("", "both keep and drop" if keep else "neither keep nor drop", "one of them: a list of values")
    table.done()
    return found


def _replace(table: Table) -> dict[str, dict[str, str]]:
    entry = table.table("replace")
    columns = {name: entry.table(name) for name in entry.data} if entry else {}
    return {
        one_line(name): {found: part.text(found, "") for found in part.data} for name, part in columns.items() if part
    }
