"""The parts of a Word document that the template is put together from: paragraphs, rows, headings, fields, rules.

Knows Word's elements, for some of which python-docx has no face; refuses to know what the template says.
"""

from docx.document import Document as Word
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm
from docx.table import Table
from docx.text.paragraph import Paragraph


def say(word: Word, text: str, style: str = "Normal") -> Paragraph:
    """A paragraph at the end."""
    return word.add_paragraph(text, style)


def optional(word: Word, name: str, style: str) -> None:
    """A paragraph that stands there only if what it names is there."""
    say(word, f"{{%p if {name} %}}")
    say(word, f"{{{{ {name} }}}}", style)
    say(word, "{%p endif %}")


def each(word: Word, name: str, style: str) -> None:
    """A paragraph for each line of what it names."""
    say(word, f"{{%p for line in {name} %}}")
    say(word, "{{ line }}", style)
    say(word, "{%p endfor %}")


def new_page(word: Word) -> None:
    """What follows begins a page."""
    paragraph = say(word, "", "Gap")
    paragraph.add_run().add_break(WD_BREAK.PAGE)


def heading(word: Word, text: str, mark: str, number: str) -> Paragraph:
    """A heading that the contents may point to."""
    paragraph = say(word, "", "Heading 1")
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for element in (start, end):
        element.set(qn("w:id"), number)
    start.set(qn("w:name"), mark)
    paragraph._p.append(start)  # noqa: SLF001 python-docx has no face for bookmarks
    paragraph.add_run(text)
    paragraph._p.append(end)  # noqa: SLF001
    return paragraph


def field(paragraph: Paragraph, code: str) -> None:
    """A field that Word works out, such as a page's number."""
    for kind in ("begin", code, "end"):
        if kind != code:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        else:
            element = OxmlElement("w:instrText")
            element.text = code
        paragraph.add_run()._r.append(element)  # noqa: SLF001 python-docx has no face for fields


def add_table(word: Word, widths: tuple[int, ...], *, bordered: bool = True, style: str = "Table Grid") -> Table:
    """A table without rows yet. widths: of its columns, in mm."""
    table: Table = word.add_table(rows=0, cols=len(widths))
    table.autofit = False
    if bordered:
        table.style = style
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    return table


def add_row(table: Table, *texts: str) -> list[Paragraph]:
    """A row; each cell's one paragraph."""
    cells = table.add_row().cells  # type: ignore[no-untyped-call]  # python-docx forgot one type
    found = []
    for cell, text in zip(cells, [*texts, *[""] * (len(cells) - len(texts))], strict=True):
        cell.paragraphs[0].style = "Cell"
        cell.paragraphs[0].text = text
        cell.vertical_alignment = 1  # centred
        found.append(cell.paragraphs[0])
    return found


def inside(paragraph: Paragraph, text: str, style: str) -> None:
    """One more paragraph at the end of this one's cell."""
    element: BaseOxmlElement = OxmlElement("w:p")
    paragraph._p.getparent().append(element)  # noqa: SLF001 a cell keeps its paragraphs in order
    added = Paragraph(element, paragraph._parent)  # noqa: SLF001
    added.style = style
    added.add_run(text)


def drop(paragraph: Paragraph) -> None:
    """Take a paragraph away."""
    paragraph._p.getparent().remove(paragraph._p)  # noqa: SLF001 as above


def ruled(paragraph: Paragraph) -> None:
    """A rule to write on."""
    border = f'<w:pBdr {nsdecls("w")}><w:bottom w:val="single" w:sz="4" w:space="1" w:color="000000"/></w:pBdr>'
    paragraph._p.get_or_add_pPr().append(parse_xml(border))  # noqa: SLF001 as above
