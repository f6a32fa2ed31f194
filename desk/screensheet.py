"""The screening of many submissions as a spreadsheet, for who uses no terminal: written, filled in, read back.

Knows workbooks; carries nothing out. A sheet is read back whole or refused whole: each row must stand where it was
written and say what it said, but for decision and reason. What entrants wrote is text in it, never a formula.
"""

import hashlib
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from awards.cleaning import blank, line
from awards.errors import Finding, FindingsError, PingxuanError
from awards.model import Edition
from awards.screening import WORDS, Outcome
from awards.tables import nearest, shown
from desk import files, pulled
from desk.celltext import clean, one_line
from desk.pulled import Pulled
from desk.sheets import Sheet, read_sheet

HEADERS = {
    "zh-CN": ("编号", "案例名称", "申报单位", "初审提示", "决定", "理由", "核对"),
    "en": ("number", "title", "entrant", "findings", "decision", "reason", "check"),
}
CHOICES = {"zh-CN": "通过,退回,不通过", "en": "pass,return,decline"}
_WIDTHS = (12, 30, 24, 60, 10, 40, 12)
_LONGEST = 30_000  # characters; a cell holds 32,767
_DECISION, _REASON = 4, 5
_FORMULA = ("=", "+", "-", "@", "#", "\t", "\r")  # and #REF!, which is read as an error
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # spreadsheets read _x0041_ as A


@dataclass(frozen=True)
class Asked:
    """What a row asks for."""

    number: str
    outcome: Outcome
    reason: str


def open_ones(of: Sequence[Pulled]) -> list[Pulled]:
    """What waits for a decision."""
    return [each for each in of if str(each.draft.state) == "submitted"]


def write(path: Path, edition: Edition, of: Sequence[Pulled]) -> int:
    """Write a sheet of what waits for a decision; how many rows it has."""
    if path.suffix.lower() != ".xlsx":
        raise PingxuanError(f"{path.name} is no .xlsx file", "Name a file that ends in .xlsx.")
    rows = list(_rows(edition, of))
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a sheet")
    sheet.title = "screening"
    for number, cells in enumerate([HEADERS[edition.language], *rows], 1):
        _put(sheet, number, cells)
    _style(sheet, edition.language, len(rows) + 1)
    written = io.BytesIO()
    book.save(written)
    files.replace(path, written.getvalue(), "Name another file with --out.")
    return len(rows)


def read(path: Path, edition: Edition, of: Sequence[Pulled]) -> list[Asked]:
    """The decisions of a sheet, in its order; rows without one are left open. Raises FindingsError for the whole."""
    sheet = read_sheet(path)
    header = HEADERS[edition.language]
    if sheet.columns != header:
        allowed = f"the columns {', '.join(header)}, as they were written"
        raise FindingsError([Finding(path.name, 1, "", shown(", ".join(sheet.columns)), allowed)])
    faults = [fault for found in sheet.faults.values() for fault in found]
    expected = list(_rows(edition, of))
    faults += _moved(sheet, header, expected)
    if not faults:
        faults += _changed(sheet, header, expected)
    asked = [_asked(sheet, number, cells, header, faults) for number, cells in _cells(sheet, header)]
    if faults:
        raise FindingsError(sorted(faults))
    return [each for each in asked if each]


def _rows(edition: Edition, of: Sequence[Pulled]) -> Iterator[tuple[str, ...]]:
    said = pulled.findings_of(edition, of)
    for each in open_ones(of):
        told = (pulled.told(edition, fault) for fault in said[each.number])
        title, entrant = (pulled.shown(each, key) for key in (edition.form.case.title, edition.form.case.entrant))
        texts = tuple(_safe(text) for text in (each.number, title, entrant, "\n".join(told)))
        yield *texts, "", "", _check(each, texts)


def _check(one: Pulled, texts: tuple[str, ...]) -> str:
    """What changes with anything of a row, or of the submission behind it."""
    whole = json.dumps([texts, pulled.plain(one.draft)], sort_keys=True)
    return "x" + hashlib.sha256(whole.encode()).hexdigest()[:11]


def _safe(text: str) -> str:
    text = _ESCAPE.sub("_ ", clean(text))[:_LONGEST]
    return f"'{text}" if text.startswith(_FORMULA) else text


def _put(sheet: Worksheet, number: int, cells: Sequence[str]) -> None:
    for column, text in enumerate(cells, 1):
        cell = sheet.cell(number, column)
        cell.value = text or None
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.protection = Protection(locked=number == 1 or column - 1 not in {_DECISION, _REASON})


def _style(sheet: Worksheet, language: str, last: int) -> None:
    for column, width in enumerate(_WIDTHS):
        letter = "ABCDEFG"[column]
        sheet.column_dimensions[letter].width = width
        sheet[f"{letter}1"].font = Font(bold=True)
        sheet[f"{letter}1"].fill = PatternFill("solid", start_color="DDE6F0")
    sheet.freeze_panes = "B2"
    choice = DataValidation(type="list", formula1=f'"{CHOICES[language]}"', allow_blank=True)
    sheet.add_data_validation(choice)
    choice.add(f"E2:E{max(last, 2)}")
    sheet.protection.sheet = True  # without a password: it keeps from slips, such as sorting one column
    sheet.protection.formatColumns = sheet.protection.formatRows = False


def _cells(sheet: Sheet, header: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    for row in sheet.rows:
        yield row.number, [row.cells.get(column, "") for column in header]


def _moved(sheet: Sheet, header: tuple[str, ...], expected: Sequence[tuple[str, ...]]) -> Iterator[Finding]:
    """Rows that are missing, twice, unknown or not where they were written."""
    found = [(number, one_line(cells[0])) for number, cells in _cells(sheet, header)]
    numbers, known = [text for _, text in found], [cells[0] for cells in expected]
    if numbers == known:
        return
    for text in known:
        if text not in numbers:
            yield Finding(sheet.path, 0, header[0], f"no row of {text}", "each row that was written, in its place")
    for place, (number, text) in enumerate(found):
        if text not in known:
            yield Finding(sheet.path, number, header[0], shown(text), f"no other rows{nearest(text, known)}")
        elif numbers.index(text) != place:
            yield Finding(sheet.path, number, header[0], f"{text} a second time", "each row once")
    if sorted(numbers) == sorted(known):
        place = next(place for place, text in enumerate(numbers) if text != known[place])
        yield Finding(sheet.path, found[place][0], header[0], numbers[place], f"{known[place]}: no row may be moved")


def _changed(sheet: Sheet, header: tuple[str, ...], expected: Sequence[tuple[str, ...]]) -> Iterator[Finding]:
    """Cells that say something else than was written."""
    for (number, cells), was in zip(_cells(sheet, header), expected, strict=True):
        for column, (now, before) in enumerate(zip(cells, was, strict=True)):
            if column not in {_DECISION, _REASON} and one_line(now) != one_line(clean(before)):
                allowed = "what was written; if the submission changed since, write the sheet anew with --out"
                yield Finding(sheet.path, number, header[column], shown(now), allowed)


def _asked(sheet: Sheet, number: int, cells: list[str], header: tuple[str, ...], faults: list[Finding]) -> Asked | None:
    word, reason = line(cells[_DECISION]).casefold(), line(cells[_REASON])
    if not word:
        if reason:
            allowed = f"a decision beside the reason: one of {', '.join(WORDS)}"
            faults.append(Finding(sheet.path, number, header[_DECISION], "empty", allowed))
        return None
    if word not in WORDS:
        allowed = f"one of {', '.join(WORDS)}, or nothing"
        faults.append(Finding(sheet.path, number, header[_DECISION], shown(word), allowed))
        return None
    outcome = WORDS[word]
    if outcome.needs_reason and blank(reason):
        faults.append(Finding(sheet.path, number, header[_REASON], "empty", f"why it is {outcome.state}"))
    return Asked(one_line(cells[0]), outcome, reason)
