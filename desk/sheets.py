"""A spreadsheet read into rows of clean text: .csv as UTF-8 or GB18030, or .xlsx.

Knows file formats and their traps; knows no map and no case. A row that cannot be trusted carries its faults;
a file that cannot be read at all is an error with advice.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from awards.errors import Finding, PingxuanError
from awards.tables import nearest
from desk.celltext import clean, one_line

LARGEST_CELL = 16_000_000
LARGEST_WORKBOOK = 300_000_000  # bytes when unpacked: a small file may hold gigabytes
_ERRORS = ("#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#N/A", "#NUM!", "#NULL!")


@dataclass(frozen=True)
class Row:
    """A row. number: as the spreadsheet shows it, the header being 1. cells: column -> clean text."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """A sheet. read_as: the encoding or format found. columns: the header. faults: findings by row number."""

    path: str
    read_as: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    faults: Mapping[int, tuple[Finding, ...]]


def read_sheet(path: Path, name: str = "") -> Sheet:
    """The rows of a file; name picks a sheet of a workbook, the first if empty. Raises PingxuanError."""
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise PingxuanError(f"{path.name} is no .csv and no .xlsx file", "Save it as .xlsx or as CSV (UTF-8).")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PingxuanError(f"{path} cannot be read: {error.strerror}", "Name a .csv or .xlsx file.") from error
    return _read_csv(path.name, content) if path.suffix.lower() == ".csv" else _read_workbook(path.name, content, name)


def _read_csv(path: str, content: bytes) -> Sheet:
    text, read_as = _decode(path, content)
    csv.field_size_limit(LARGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        lines = list(enumerate(reader, 1))
    except csv.Error as error:
        advice = "Look for a quotation mark that is not closed or not doubled near that line."
        raise PingxuanError(f"{path}, line {reader.line_num}: {error}", advice) from error
    return _sheet(path, read_as, lines, {})


def _decode(path: str, content: bytes) -> tuple[str, str]:
    for encoding, name in (("utf-8-sig", "UTF-8"), ("gb18030", "GB18030")):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text.split("\n", 1)[0]:
            return text, name
        break  # UTF-16 and pictures hold zero bytes from the start
    raise PingxuanError(f"{path} is neither UTF-8 nor GB18030 (GBK) text", "Save it as “CSV UTF-8” or as .xlsx.")


def _delimiter(text: str) -> str:
    """Whichever of comma, semicolon and tab is most in the header: offices in Europe save CSV with semicolons."""
    header = text.split("\n", 1)[0]
    return max(",;\t", key=header.count)


def _read_workbook(path: str, content: bytes, name: str) -> Sheet:
    try:
        _check_size(path, content)
        values = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        formulas = openpyxl.load_workbook(io.BytesIO(content))  # values alone tell neither formulas nor merged cells
    except (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, TypeError, OSError) as error:
        raise PingxuanError(f"{path} is no workbook that can be read: {error}", "Save it anew as .xlsx.") from error
    name = _pick(path, values.sheetnames, name)
    lines = _padded([list(map(_text, cells)) for cells in values[name].values])
    return _sheet(path, ".xlsx", lines, _traps(path, formulas[name], dict(lines)))


def _check_size(path: str, content: bytes) -> None:
    size = sum(entry.file_size for entry in zipfile.ZipFile(io.BytesIO(content)).infolist())
    if size > LARGEST_WORKBOOK:
        raise PingxuanError(f"{path} unpacks to {size} bytes", f"At most {LARGEST_WORKBOOK}: split it, or save as CSV.")


def _pick(path: str, names: list[str], name: str) -> str:
    if name and name not in names:
        raise PingxuanError(f"{path} has no sheet {name}{nearest(name, names)}", f"Its sheets: {', '.join(names)}")
    return name or names[0]


def _text(value: object) -> str:
    """A cell's value as a person reads it: whole numbers without .0, dates as ISO writes them."""
    if value is None:
        return ""
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _padded(rows: list[list[str]]) -> list[tuple[int, list[str]]]:
    """The rows with their numbers, all of one length: a workbook may leave out empty cells at the end."""
    width = max(map(len, rows), default=0)
    return [(number, cells + [""] * (width - len(cells))) for number, cells in enumerate(rows, 1)]


def _traps(path: str, sheet: object, lines: Mapping[int, list[str]]) -> dict[int, list[Finding]]:
    """Merged cells, formulas without a stored value and errors: what would otherwise be read as empty."""
    traps: dict[int, list[Finding]] = {}
    if not isinstance(sheet, Worksheet):
        raise PingxuanError(f"{path}: this sheet is a chart", "Name a sheet with rows in the map: sheet = “…”.")
    for area in sheet.merged_cells.ranges:
        for number in range(area.min_row, min(area.max_row, sheet.max_row) + 1):
            finding = Finding(path, number, "", f"merged cells {area.coord}", "cells of their own, each filled in")
            traps.setdefault(number, []).append(finding)
    for number, cells in enumerate(sheet.iter_rows(min_row=1, min_col=1), 1):
        for index, cell in enumerate(cells):
            stored = _at(lines.get(number, []), index)
            if (cell.data_type == "f" and not stored) or stored in _ERRORS:
                finding = Finding(path, number, cell.coordinate, stored or str(cell.value), "a value, not a formula")
                traps.setdefault(number, []).append(finding)
    return traps


def _at(cells: list[str], index: int) -> str:
    return cells[index] if index < len(cells) else ""


def _sheet(path: str, read_as: str, lines: list[tuple[int, list[str]]], traps: Mapping[int, list[Finding]]) -> Sheet:
    lines = [(number, cells) for number, cells in lines if any(map(str.strip, cells)) or number in traps]
    if not lines:
        raise PingxuanError(f"{path} is empty", "Its first row names the columns, each further row is a case.")
    columns = _columns(path, lines[0], traps)
    width = len(columns)
    rows = tuple(Row(number, _cells(columns, cells)) for number, cells in lines[1:])
    faults = {number: [*traps.get(number, []), *_ragged(path, number, cells, width)] for number, cells in lines[1:]}
    return Sheet(path, read_as, columns, rows, {number: tuple(found) for number, found in faults.items() if found})


def _columns(path: str, header: tuple[int, list[str]], traps: Mapping[int, list[Finding]]) -> tuple[str, ...]:
    number, cells = header
    columns = [one_line(clean(cell)) for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if twice or number in traps:
        found = f"two columns named {', '.join(twice)}" if twice else traps[number][0].found
        raise PingxuanError(f"{path}, row {number}: {found}", "Give each column one cell with a name of its own.")
    return tuple(columns)


def _cells(columns: Iterable[str], cells: list[str]) -> dict[str, str]:
    return {column: clean(_at(cells, index)) for index, column in enumerate(columns) if column}


def _ragged(path: str, number: int, cells: list[str], width: int) -> Iterator[Finding]:
    used = len(cells)
    while used > width and not cells[used - 1].strip():
        used -= 1
    if used != width and (used > width or len(cells) < width):
        allowed = f"{width} cells, as the header has: look for a missing quotation mark"
        yield Finding(path, number, "", f"{used} cells", allowed)
