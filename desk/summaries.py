"""The recommendation summary (推荐汇总表) as a spreadsheet: the columns that form.toml lists, a running number first.

Knows spreadsheets; what an answer says is chalicelib.cells'. Every cell is text: what an entrant wrote is no formula,
whatever sign it begins with, and a credit code or telephone keeps its digits.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime

from chalicelib.cells import Words
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from awards import cleaning
from awards.errors import PingxuanError
from awards.formmodel import FormField
from awards.model import Edition
from awards.submission import Finality, check, facts_of

MOST = 32_767  # characters in a cell, by the format
FORMULA = ("=", "+", "-", "@", "\t", "\r")
EPOCH = (1980, 1, 1, 0, 0, 0)
MADE = datetime(1980, 1, 1)  # noqa: DTZ001 the format knows no zone; the same answers give the same bytes
_EDGE = Side(style="thin")


def summary_xlsx(edition: Edition, submissions: Iterable[Mapping[str, object]], body: str = "") -> bytes:
    """The summary of an edition's submissions, in their order. body: the recommending body, named in the head.

    Raises PingxuanError where the form lists no columns.
    """
    summary, words = edition.form.summary, Words(edition.language == "en", edition)
    if summary is None:
        advice = "Add [summary] to form.toml: see docs/form.md."
        raise PingxuanError(f"The form of {edition.id} has no recommendation summary", advice)
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = words.pick("推荐汇总表", "Summary")
    labels = [words.pick("序号", "No."), *(words.pick(each.label_zh, each.label_en) for each in summary.columns)]
    _head(sheet, words, words.pick(summary.title_zh, summary.title_en), body, len(labels))
    _fill(sheet, 3, labels, bold=True)
    for number, answers in enumerate(submissions, start=1):
        _fill(sheet, 3 + number, [str(number), *_row(edition, words, answers)])
    _print(sheet, len(labels))
    return _saved(book)


def _row(edition: Edition, words: Words, answers: Mapping[str, object]) -> list[str]:
    """The cells of a submission. Of a choice that names another answer, that answer stands in its place."""
    form, values = edition.form, check(edition.form, dict(answers), facts_of(edition), Finality.DRAFT).values

    def said(field: FormField) -> str:
        value = values.get(field.key)
        return words.pick("、", ", ").join(words.plain(field, value))

    columns = edition.form.summary.columns if edition.form.summary else ()
    cells = []
    for column in columns:
        fields = [field for key in column.fields if (field := form.find(key))]
        cells.append(words.pick("；", "; ").join(filter(None, map(said, fields))))
    return cells


def _head(sheet: Worksheet, words: Words, title: str, body: str, width: int) -> None:
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=width)
    _put(sheet, 1, 1, title)
    sheet.cell(1, 1).font = Font(name="仿宋", size=16, bold=True)
    sheet.cell(1, 1).alignment = Alignment(horizontal="center", vertical="center")
    _put(sheet, 2, 1, words.pick("推荐单位（盖章）：", "Recommending body (seal): ") + body)
    _put(sheet, 2, width - 1, words.pick("填表时间：　　　　年　　月　　日", "Date: ____________"))
    sheet.row_dimensions[1].height = 30


def _fill(sheet: Worksheet, row: int, texts: list[str], *, bold: bool = False) -> None:
    for column, text in enumerate(texts, start=1):
        cell = _put(sheet, row, column, text)
        cell.font = Font(name="仿宋", size=11, bold=bold)
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center" if bold else None)
        cell.border = Border(left=_EDGE, right=_EDGE, top=_EDGE, bottom=_EDGE)


def _put(sheet: Worksheet, row: int, column: int, text: str) -> Cell:
    """A cell that is text, also to programs that read the file as CSV afterwards: they see the quote prefix."""
    plain = ILLEGAL_CHARACTERS_RE.sub("", cleaning.lines(text))[:MOST]
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)  # noqa: S101 nothing is merged where texts stand
    cell.value = plain
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = plain.startswith(FORMULA)
    return cell


def _print(sheet: Worksheet, width: int) -> None:
    """A4, across, every column on one page."""
    sheet.column_dimensions["A"].width = 6
    for column in range(2, width + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 18
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "3:3"
    sheet.freeze_panes = "A4"


def _saved(book: Workbook) -> bytes:
    written, plain = io.BytesIO(), io.BytesIO()
    book.properties.created = MADE
    book.save(written)
    with zipfile.ZipFile(written) as old, zipfile.ZipFile(plain, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, _without_time(old.read(name)) if name == "docProps/core.xml" else old.read(name))
    return plain.getvalue()


def _without_time(core: bytes) -> bytes:
    """The properties, without the second at which they were saved."""
    head, mark, rest = core.partition(b"<dcterms:modified")
    return head + rest.partition(b"</dcterms:modified>")[2] if mark else core
