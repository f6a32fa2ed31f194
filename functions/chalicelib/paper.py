"""The submission form and its declaration as Word files, blank or filled in, by docxtpl.

Knows templates/form.docx (desk/wordtemplate.py writes it down) and how Word names fonts; what a form says is
chalicelib.printed's. Answers go in as data: braces, tags and entities stay what was typed. The same answers give the
same bytes.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from docx.document import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docxtpl import DocxTemplate  # type: ignore[import-untyped]
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from awards.model import Edition
from chalicelib import printed

TEMPLATE = Path(__file__).parent / "templates" / "form.docx"
TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LATIN = "Times New Roman"
WIDTH = 156  # mm between the margins
ENTITIES = {char: f"&#{ord(char)};" for char in "_{}%"}
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day that a ZIP archive knows
LARGEST_CELL = 12  # points: tables of a book in 四号 are set a little smaller
# style -> its size: so much of the text's
SIZES = {
    "Cover": 2.0,
    "Form Title": 1.5,
    "Heading 1": 1.15,
    "Heading 2": 1.0,
    "Body": 1.0,
    "Indented": 1.0,
    "Contents": 1.0,
}


def form_docx(edition: Edition, answers: Mapping[str, object] | None) -> bytes:
    """The form, filled in, or blank where answers is None."""
    return _docx(printed.sheet(edition, answers))


def declaration_docx(edition: Edition, answers: Mapping[str, object] | None) -> bytes | None:
    """The declaration alone; None where the form has none."""
    declared = printed.declaration(edition, answers)
    if declared is None:
        return None
    alone: dict[str, object] = {
        "cover": None,
        "contents": "",
        "parts": [],
        "starred": "",
        "title": "",
        "declaration": declared,
    }
    return _docx(declared | alone)


def packed(archive: bytes) -> bytes:
    """The same ZIP archive without the day it was made."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(written, "w") as new:
        for name in sorted(old.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(entry, old.read(name))
    return written.getvalue()


def _docx(sheet: Mapping[str, Any]) -> bytes:
    template = DocxTemplate(TEMPLATE)
    env = Environment(autoescape=True, undefined=StrictUndefined)
    template.render({"s": _data(_ready(sheet))}, env, autoescape=True)
    word = cast("Document", template.docx)
    _set_type(word, str(sheet["font"]), int(sheet["points"]))
    grids = [block for part in sheet["parts"] for block in part["blocks"] if block["kind"] == "grid"]
    tables = [table for table in word.tables if _is_grid(table)]
    for table, block in zip(tables, grids, strict=True):
        _set_grid(table, block)
    for row in (row for table in word.tables for row in table.rows if sheet["blank"] or _is_grid(table)):
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001 python-docx has no face for it
    word.core_properties.title = str(sheet["title"])
    written = io.BytesIO()
    template.save(written)
    return packed(written.getvalue())


def _data(value: Any) -> Any:  # noqa: ANN401 any JSON
    """The same JSON as the template takes it: texts that are markup to nobody.

    docxtpl turns {_{ into {{ in what is filled in already: signs that are written as entities say nothing to it, and
    are themselves again when Word reads them.
    """
    if isinstance(value, str):
        return Markup("".join(ENTITIES.get(char) or char for char in str(escape(value))))  # noqa: S704 escaped here
    if isinstance(value, dict):
        return {key: item if key == "kind" else _data(item) for key, item in value.items()}
    return [_data(item) for item in value] if isinstance(value, list) else value


def _ready(sheet: Mapping[str, Any]) -> dict[str, Any]:
    """The sheet as Word wants it: no cell without a paragraph, room to write as empty ones, headings with marks."""
    english = sheet["lang"] == "en"
    parts = [
        part | {"number": str(number), "mark": f"part{number}", "blocks": [_block(block) for block in part["blocks"]]}
        for number, part in enumerate(sheet["parts"])
    ]
    entries = [{"title": part["title"], "mark": part["mark"]} for part in parts if part["title"]]
    declared = sheet["declaration"]
    if declared:
        entries.append({"title": declared["title"], "mark": "declared"})
    cover = sheet["cover"] and sheet["cover"] | {"open": "" if english else "　　　　年　　　月　　　日"}
    colon = ":" if english else "："
    ready = {**sheet, "cover": cover, "parts": parts, "entries": entries}
    ready["signing"] = _signing(sheet["signing"], colon)
    if declared:
        ready["declaration"] = declared | {"signing": _signing(declared["signing"], colon)}
    return ready


def _signing(signing: Mapping[str, Any], colon: str) -> dict[str, Any]:
    return {**signing, "places": [place + colon for place in signing["places"]]}


def _block(block: Mapping[str, Any]) -> dict[str, Any]:
    if block["kind"] == "grid":
        return {**block, "rows": [[cell or [""] for cell in row] for row in block["rows"]]}
    if block["kind"] == "prose":
        return {**block, "lines": block["lines"] or [""] * block["room"]}
    return {**block, "rows": [[_cell(cell) for cell in row] for row in block["rows"]]}


def _cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    boxes = ["　".join(cell["boxes"])] if cell["boxes"] else []
    return {**cell, "lines": boxes or cell["lines"] or [""] * cell["room"]}


def _set_type(word: Document, font: str, points: int) -> None:
    """Name the face in every style: Word takes it from the reader's machine."""
    cell = min(points, LARGEST_CELL)
    sizes = {name: Pt(round(points * part * 2) / 2) for name, part in SIZES.items()}
    sizes |= {"Normal": Pt(points), "Cell": Pt(cell), "Label": Pt(cell), "Small": Pt(9), "Header": Pt(9)}
    sizes |= {"Signing": Pt(points), "Gap": Pt(4), "Footer": Pt(9)}
    for name, size in sizes.items():
        style = word.styles[name]
        style.font.size, style.font.name = size, LATIN
        fonts = style.element.rPr.rFonts
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), font)
    word.styles["Indented"].paragraph_format.first_line_indent = Pt(2 * points)


def _is_grid(table: Table) -> bool:
    """Whether it is a table that grows: its first row is repeated on every page."""
    properties = table.rows[0]._tr.trPr if table.rows else None  # noqa: SLF001 python-docx has no face for it
    return properties is not None and properties.find(qn("w:tblHeader")) is not None


def _set_grid(table: Table, block: Mapping[str, Any]) -> None:
    widths = [WIDTH * weight / sum(block["widths"]) for weight in block["widths"]]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for number, row in enumerate(table.rows):
        for column, cell in enumerate(row.cells):
            cell.width = Mm(widths[column])
            if number:
                _reach(cell, block["rows"], number - 1, column)


def _reach(cell: _Cell, rows: list[list[Any]], row: int, column: int) -> None:
    """Let a cell reach down over those that continue it."""
    continues = rows[row][column] is None
    begins = not continues and row + 1 < len(rows) and rows[row + 1][column] is None
    if continues or begins:
        merge = OxmlElement("w:vMerge")
        merge.set(qn("w:val"), "continue" if continues else "restart")
        cell._tc.get_or_add_tcPr().append(merge)  # noqa: SLF001 a merge of python-docx would move the texts
