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
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from desk.wordparts import add_row, add_table, drop, each, field, heading, inside, new_page, optional, ruled, say

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
        field(line, "PAGE")
        line.add_run(" / ")
        field(line, "NUMPAGES")
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
    say(word, "{%p if s.cover %}")
    say(word, "{{ s.title }}", "Cover")
    table = add_table(word, (56, 90), bordered=False)
    add_row(table, "{%tr for line in s.cover.lines %}")
    label, answer = add_row(table, "{{ line.label }}", "{{ line.text }}")
    add_row(table, "{%tr endfor %}")
    day, rule = add_row(table, "{{ s.cover.day }}", "{{ s.cover.open }}")
    for cell in (label, day, answer, rule):
        cell.style = "Signing"
    for cell in (label, day):
        cell.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for cell in (answer, rule):
        ruled(cell)
    new_page(word)
    say(word, "{%p endif %}")


def _contents(word: Word) -> None:
    say(word, "{%p if s.contents %}")
    say(word, "{{ s.contents }}", "Form Title")
    say(word, "{%p for entry in s.entries %}")
    line = say(word, "{{ entry.title }}\t", "Contents")
    field(line, "PAGEREF {{ entry.mark }} \\h")
    say(word, "{%p endfor %}")
    new_page(word)
    say(word, "{%p elif s.title and not s.cover %}")
    say(word, "{{ s.title }}", "Form Title")
    say(word, "{%p endif %}")


def _parts(word: Word) -> None:
    say(word, "{%p for part in s.parts %}")
    say(word, "{%p if part.breaks %}")
    heading(word, "{{ part.title }}", "{{ part.mark }}", "{{ part.number }}").paragraph_format.page_break_before = True
    say(word, "{%p elif part.title %}")
    heading(word, "{{ part.title }}", "{{ part.mark }}", "{{ part.number }}")
    say(word, "{%p endif %}")
    optional(word, "part.help", "Small")
    say(word, "{%p for b in part.blocks %}")
    say(word, "{%p if b.kind == 'pairs' %}")
    _pairs(word)
    say(word, "{%p elif b.kind == 'prose' %}")
    say(word, "{{ b.label }}", "Heading 2")
    optional(word, "b.hint", "Small")
    optional(word, "b.note", "Small")
    each(word, "b.lines", "Indented")
    say(word, "{%p else %}")
    _grid(word)
    say(word, "{%p endif %}")
    say(word, "{%p endfor %}")
    say(word, "{%p endfor %}")


def _pairs(word: Word) -> None:
    table = add_table(word, COLUMNS)
    add_row(table, "{%tr for row in b.rows %}")
    add_row(table, "{%tr if row|length == 2 %}")
    for number, paragraph in enumerate(add_row(table)):
        (_answer if number % 2 else _label)(paragraph, f"row[{number // 2}]")
    add_row(table, "{%tr else %}")
    label, answer, _, _ = add_row(table)
    row = table.rows[-1]
    row.cells[1].merge(row.cells[3])
    for extra in row.cells[1].paragraphs[1:]:
        drop(extra)
    _label(label, "row[0]")
    _answer(answer, "row[0]")
    add_row(table, "{%tr endif %}")
    add_row(table, "{%tr endfor %}")
    say(word, "", "Gap")


def _label(paragraph: Paragraph, cell: str) -> None:
    paragraph.style = "Label"
    paragraph.add_run(f"{{{{ {cell}.label }}}}")
    inside(paragraph, f"{{%p if {cell}.hint %}}", "Small")
    inside(paragraph, f"{{{{ {cell}.hint }}}}", "Small")
    inside(paragraph, "{%p endif %}", "Small")


def _answer(paragraph: Paragraph, cell: str) -> None:
    """The paragraphs of an answer; chalicelib.paper sees to it that there is one at least."""
    paragraph.add_run(f"{{%p if {cell}.note %}}")
    inside(paragraph, f"{{{{ {cell}.note }}}}", "Small")
    inside(paragraph, "{%p endif %}", "Cell")
    inside(paragraph, f"{{%p for line in {cell}.lines %}}", "Cell")
    inside(paragraph, "{{ line }}", "Cell")
    inside(paragraph, "{%p endfor %}", "Cell")


def _grid(word: Word) -> None:
    say(word, "{%p if not b.named %}")
    say(word, "{{ b.title }}", "Heading 2")
    say(word, "{%p endif %}")
    optional(word, "b.hint", "Small")
    table = add_table(word, (52, 52, 52), style="Table Grid")
    add_row(table, "{%tc for name in b.header %}", "{{ name }}", "{%tc endfor %}")
    head = table.rows[-1]._tr.get_or_add_trPr()  # noqa: SLF001 python-docx has no face for a row that is repeated
    head.append(OxmlElement("w:tblHeader"))
    add_row(table, "{%tr for row in b.rows %}")
    _, answer, _ = add_row(table, "{%tc for cell in row %}", "", "{%tc endfor %}")
    answer.add_run("{%p for line in cell %}")
    inside(answer, "{{ line }}", "Cell")
    inside(answer, "{%p endfor %}", "Cell")
    add_row(table, "{%tr endfor %}")
    say(word, "", "Gap")


def _end(word: Word) -> None:
    say(word, "{%p if s.parts %}")
    optional(word, "s.starred", "Small")
    say(word, "{{ s.consents.title }}", "Heading 2")
    say(word, "{%p for item in s.consents['items'] %}")
    line = say(word, "{{ item.box }}\u00a0{{ item.text }}", "Cell")
    line.paragraph_format.keep_with_next = True  # nobody signs a page on which nothing stands
    say(word, "{%p endfor %}")
    _signing(word, "s.signing")
    say(word, "{%p endif %}")


def _declaration(word: Word) -> None:
    say(word, "{%p if s.declaration %}")
    say(word, "{%p if s.parts %}")
    new_page(word)
    say(word, "{%p endif %}")
    heading(word, "{{ s.declaration.title }}", "declared", "999").alignment = WD_ALIGN_PARAGRAPH.CENTER
    optional(word, "s.declaration.to", "Body")
    each(word, "s.declaration.text", "Indented")
    optional(word, "s.declaration.closing", "Indented")
    _signing(word, "s.declaration.signing")
    say(word, "{%p endif %}")


def _signing(word: Word, name: str) -> None:
    each(word, f"{name}.places", "Signing")
    say(word, f"{{{{ {name}.day }}}}", "Signing").alignment = WD_ALIGN_PARAGRAPH.RIGHT
    word.paragraphs[-1].paragraph_format.keep_with_next = False


if __name__ == "__main__":
    Path(TEMPLATE).write_bytes(template())
