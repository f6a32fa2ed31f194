"""The Word template of the submission form, written down as a program so that a change to it can be read.

    python -m desk.wordtemplate

writes functions/chalicelib/templates/form.docx. Knows Word's elements and docxtpl's tags ({%p …%} takes its paragraph
away, {%tr …%} its row, {%tc …%} its cell); refuses to know forms: chalicelib.paper fills it in, and sets fonts, sizes,
the widths of tables that grow and cells that reach down.
"""

import io
from pathlib import Path

from chalicelib.paper import TEMPLATE, packed
from docx import Document
from docx.document import Document as Word
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table
from docx.text.paragraph import Paragraph

WIDTH = 156  # mm between the margins
COLUMNS = (40, 38, 40, 38)  # mm: label, answer, label, answer
# name: built on, space before and after in points, kept with what follows
STYLES = {
    "Cover": ("Normal", 130, 130, True),
    "Form Title": ("Normal", 0, 12, True),
    "Heading 1": ("Normal", 16, 8, True),
    "Heading 2": ("Normal", 10, 4, True),
    "Cell": ("Normal", 2, 2, False),
    "Label": ("Cell", 2, 2, False),
    "Small": ("Normal", 3, 3, False),
    "Body": ("Normal", 0, 3, False),
    "Indented": ("Body", 0, 3, False),
    "Contents": ("Normal", 4, 4, False),
    "Signing": ("Normal", 14, 14, True),
    "Gap": ("Normal", 0, 0, False),
}
CENTRED = ("Cover", "Form Title")


def template() -> bytes:
    """The template; the same bytes every time."""
    word = Document()
    _styles(word)
    _page(word)
    _cover(word)
    _contents(word)
    _parts(word)
    _end(word)
    _declaration(word)
    written = io.BytesIO()
    word.save(written)
    return packed(written.getvalue())


def _page(word: Word) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(30), Mm(28)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.different_first_page_header_footer = True
    for footer in (section.footer, section.first_page_footer):
        line = footer.paragraphs[0]
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _field(line, "PAGE")
        line.add_run(" / ")
        _field(line, "NUMPAGES")
    header = section.header.paragraphs[0]
    header.style = "Small"
    header.paragraph_format.tab_stops.add_tab_stop(Mm(WIDTH), WD_TAB_ALIGNMENT.RIGHT)
    header.add_run("{{ s.running }}\t{{ s.title }}")


def _styles(word: Word) -> None:
    normal = word.styles["Normal"]
    normal.paragraph_format.space_after = Pt(0)
    normal.paragraph_format.line_spacing = 1
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), "en-GB")
    spoken.set(qn("w:eastAsia"), "zh-CN")
    normal.element.get_or_add_rPr().append(spoken)
    for name, (base, before, after, together) in STYLES.items():
        known = name in word.styles
        style = word.styles[name] if known else word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = word.styles[base]
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        style.paragraph_format.keep_with_next = together
        if name in CENTRED:
            style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if name in (*CENTRED, "Heading 1", "Heading 2"):
            style.font.bold, style.font.color.rgb = True, RGBColor(0, 0, 0)
    word.styles["Contents"].paragraph_format.tab_stops.add_tab_stop(
        Mm(WIDTH), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS
    )


def _cover(word: Word) -> None:
    _say(word, "{%p if s.cover %}")
    _say(word, "{{ s.title }}", "Cover")
    table = _table(word, (56, 90), bordered=False)
    _row(table, "{%tr for line in s.cover.lines %}")
    label, answer = _row(table, "{{ line.label }}", "{{ line.text }}")
    _row(table, "{%tr endfor %}")
    day, rule = _row(table, "{{ s.cover.day }}", "{{ s.cover.open }}")
    for cell in (label, day, answer, rule):
        cell.style = "Signing"
    for cell in (label, day):
        cell.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for cell in (answer, rule):
        _ruled(cell)
    _break(word)
    _say(word, "{%p endif %}")


def _contents(word: Word) -> None:
    _say(word, "{%p if s.contents %}")
    _say(word, "{{ s.contents }}", "Form Title")
    _say(word, "{%p for entry in s.entries %}")
    line = _say(word, "{{ entry.title }}\t", "Contents")
    _field(line, "PAGEREF {{ entry.mark }} \\h")
    _say(word, "{%p endfor %}")
    _break(word)
    _say(word, "{%p elif s.title and not s.cover %}")
    _say(word, "{{ s.title }}", "Form Title")
    _say(word, "{%p endif %}")


def _parts(word: Word) -> None:
    _say(word, "{%p for part in s.parts %}")
    _say(word, "{%p if part.breaks %}")
    _heading(word, "{{ part.title }}", "{{ part.mark }}", "{{ part.number }}").paragraph_format.page_break_before = True
    _say(word, "{%p elif part.title %}")
    _heading(word, "{{ part.title }}", "{{ part.mark }}", "{{ part.number }}")
    _say(word, "{%p endif %}")
    _optional(word, "part.help", "Small")
    _say(word, "{%p for b in part.blocks %}")
    _say(word, "{%p if b.kind == 'pairs' %}")
    _pairs(word)
    _say(word, "{%p elif b.kind == 'prose' %}")
    _say(word, "{{ b.label }}", "Heading 2")
    _optional(word, "b.hint", "Small")
    _optional(word, "b.note", "Small")
    _each(word, "b.lines", "Indented")
    _say(word, "{%p else %}")
    _grid(word)
    _say(word, "{%p endif %}")
    _say(word, "{%p endfor %}")
    _say(word, "{%p endfor %}")


def _pairs(word: Word) -> None:
    table = _table(word, COLUMNS)
    _row(table, "{%tr for row in b.rows %}")
    _row(table, "{%tr if row|length == 2 %}")
    for number, paragraph in enumerate(_row(table)):
        (_answer if number % 2 else _label)(paragraph, f"row[{number // 2}]")
    _row(table, "{%tr else %}")
    label, answer, _, _ = _row(table)
    row = table.rows[-1]
    row.cells[1].merge(row.cells[3])
    for extra in row.cells[1].paragraphs[1:]:
        _drop(extra)
    _label(label, "row[0]")
    _answer(answer, "row[0]")
    _row(table, "{%tr endif %}")
    _row(table, "{%tr endfor %}")
    _say(word, "", "Gap")


def _label(paragraph: Paragraph, cell: str) -> None:
    paragraph.style = "Label"
    paragraph.add_run(f"{{{{ {cell}.label }}}}")
    _inside(paragraph, f"{{%p if {cell}.hint %}}", "Small")
    _inside(paragraph, f"{{{{ {cell}.hint }}}}", "Small")
    _inside(paragraph, "{%p endif %}", "Small")


def _answer(paragraph: Paragraph, cell: str) -> None:
    """The paragraphs of an answer; chalicelib.paper sees to it that there is one at least."""
    paragraph.add_run(f"{{%p if {cell}.note %}}")
    _inside(paragraph, f"{{{{ {cell}.note }}}}", "Small")
    _inside(paragraph, "{%p endif %}", "Cell")
    _inside(paragraph, f"{{%p for line in {cell}.lines %}}", "Cell")
    _inside(paragraph, "{{ line }}", "Cell")
    _inside(paragraph, "{%p endfor %}", "Cell")


def _grid(word: Word) -> None:
    _say(word, "{%p if not b.named %}")
    _say(word, "{{ b.title }}", "Heading 2")
    _say(word, "{%p endif %}")
    _optional(word, "b.hint", "Small")
    table = _table(word, (52, 52, 52), style="Table Grid")
    _row(table, "{%tc for name in b.header %}", "{{ name }}", "{%tc endfor %}")
    head = table.rows[-1]._tr.get_or_add_trPr()  # noqa: SLF001 python-docx has no face for a row that is repeated
    head.append(OxmlElement("w:tblHeader"))
    _row(table, "{%tr for row in b.rows %}")
    _, answer, _ = _row(table, "{%tc for cell in row %}", "", "{%tc endfor %}")
    answer.add_run("{%p for line in cell %}")
    _inside(answer, "{{ line }}", "Cell")
    _inside(answer, "{%p endfor %}", "Cell")
    _row(table, "{%tr endfor %}")
    _say(word, "", "Gap")


def _end(word: Word) -> None:
    _say(word, "{%p if s.parts %}")
    _optional(word, "s.starred", "Small")
    _say(word, "{{ s.consents.title }}", "Heading 2")
    _say(word, "{%p for item in s.consents['items'] %}")
    line = _say(word, "{{ item.box }}\u00a0{{ item.text }}", "Cell")
    line.paragraph_format.keep_with_next = True  # nobody signs a page on which nothing stands
    _say(word, "{%p endfor %}")
    _signing(word, "s.signing")
    _say(word, "{%p endif %}")


def _declaration(word: Word) -> None:
    _say(word, "{%p if s.declaration %}")
    _say(word, "{%p if s.parts %}")
    _break(word)
    _say(word, "{%p endif %}")
    _heading(word, "{{ s.declaration.title }}", "declared", "999").alignment = WD_ALIGN_PARAGRAPH.CENTER
    _optional(word, "s.declaration.to", "Body")
    _each(word, "s.declaration.text", "Indented")
    _optional(word, "s.declaration.closing", "Indented")
    _signing(word, "s.declaration.signing")
    _say(word, "{%p endif %}")


def _signing(word: Word, name: str) -> None:
    _each(word, f"{name}.places", "Signing")
    _say(word, f"{{{{ {name}.day }}}}", "Signing").alignment = WD_ALIGN_PARAGRAPH.RIGHT
    word.paragraphs[-1].paragraph_format.keep_with_next = False


def _say(word: Word, text: str, style: str = "Normal") -> Paragraph:
    return word.add_paragraph(text, style)


def _optional(word: Word, name: str, style: str) -> None:
    _say(word, f"{{%p if {name} %}}")
    _say(word, f"{{{{ {name} }}}}", style)
    _say(word, "{%p endif %}")


def _each(word: Word, name: str, style: str) -> None:
    _say(word, f"{{%p for line in {name} %}}")
    _say(word, "{{ line }}", style)
    _say(word, "{%p endfor %}")


def _break(word: Word) -> None:
    paragraph = _say(word, "", "Gap")
    paragraph.add_run().add_break(WD_BREAK.PAGE)


def _heading(word: Word, text: str, mark: str, number: str) -> Paragraph:
    """A heading that the contents may point to."""
    paragraph = _say(word, "", "Heading 1")
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for element in (start, end):
        element.set(qn("w:id"), number)
    start.set(qn("w:name"), mark)
    paragraph._p.append(start)  # noqa: SLF001 python-docx has no face for bookmarks
    paragraph.add_run(text)
    paragraph._p.append(end)  # noqa: SLF001
    return paragraph


def _field(paragraph: Paragraph, code: str) -> None:
    """A field that Word works out, such as a page's number."""
    for kind in ("begin", code, "end"):
        if kind != code:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        else:
            element = OxmlElement("w:instrText")
            element.text = code
        paragraph.add_run()._r.append(element)  # noqa: SLF001 python-docx has no face for fields


def _table(word: Word, widths: tuple[int, ...], *, bordered: bool = True, style: str = "Table Grid") -> Table:
    table: Table = word.add_table(rows=0, cols=len(widths))
    table.autofit = False
    if bordered:
        table.style = style
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    return table


def _row(table: Table, *texts: str) -> list[Paragraph]:
    """A row; each cell's one paragraph."""
    cells = table.add_row().cells  # type: ignore[no-untyped-call]  # python-docx forgot one type
    found = []
    for cell, text in zip(cells, [*texts, *[""] * (len(cells) - len(texts))], strict=True):
        cell.paragraphs[0].style = "Cell"
        cell.paragraphs[0].text = text
        cell.vertical_alignment = 1  # centred
        found.append(cell.paragraphs[0])
    return found


def _inside(paragraph: Paragraph, text: str, style: str) -> None:
    """One more paragraph at the end of this one's cell."""
    element: BaseOxmlElement = OxmlElement("w:p")
    paragraph._p.getparent().append(element)  # noqa: SLF001 a cell keeps its paragraphs in order
    added = Paragraph(element, paragraph._parent)  # noqa: SLF001
    added.style = style
    added.add_run(text)


def _drop(paragraph: Paragraph) -> None:
    paragraph._p.getparent().remove(paragraph._p)  # noqa: SLF001 as above


def _ruled(paragraph: Paragraph) -> None:
    """A rule to write on."""
    border = f'<w:pBdr {nsdecls("w")}><w:bottom w:val="single" w:sz="4" w:space="1" w:color="000000"/></w:pBdr>'
    paragraph._p.get_or_add_pPr().append(parse_xml(border))  # noqa: SLF001 as above


if __name__ == "__main__":
    Path(TEMPLATE).write_bytes(template())
