"""The form as a Word file: what entrants typed stands there as they typed it, and nothing of it is markup."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import submissions
from chalicelib import cells, paper, printed
from docx import Document
from docx.oxml.ns import qn
from lxml import etree

from awards.content import load
from desk import wordtemplate

EDITIONS = Path(__file__).parents[2] / "content" / "editions"
HOSTILE = [
    "{{ s.title }}",
    "{% for x in s %}",
    "{# note #}",
    "{_{ 7*7 }_}",
    "<w:p/>&amp;<b>粗</b>",
    "a & b < c > d \" ' _",
    "𠮷野家 🧑‍💻 🇨🇳",
    "שלום עולם",
    "]]> <!-- x --> %}",
]


def edition(name):
    found, findings = load(EDITIONS / name)
    assert findings == []
    return found


def text_of(document: bytes) -> str:
    """Every text of the body, a paragraph a line."""
    word = Document(io.BytesIO(document))
    return "\n".join(
        "".join(text.text or "" for text in paragraph.iter(qn("w:t"))) for paragraph in word.element.iter(qn("w:p"))
    )


@pytest.mark.parametrize("name", submissions.EDITIONS)
def test_every_label_and_answer_stands_in_the_filled_form(name):
    found, answers = edition(name), submissions.complete(name)
    text = text_of(paper.form_docx(found, answers))
    sheet = printed.Sheet(found, answers)
    for field in sheet._fields():
        if field.kind.value != "rows":
            assert sheet.words.label(field) in text
        for line in sheet.words.plain(field, sheet.values.get(field.key)) if not field.columns else ():
            assert all(part in text for part in line.split("、"))


@pytest.mark.parametrize("name", submissions.EDITIONS)
def test_the_blank_form_holds_every_field_and_no_answer(name):
    found = edition(name)
    text = text_of(paper.form_docx(found, None))
    labels = [field.label_zh for field in found.form.fields if not field.columns]
    assert [label for label in labels if label not in text] == []
    assert cells.TICKED not in text


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_an_entrant_typed_stands_there_as_typed(typed):
    found, answers = edition("qingdao-2020"), submissions.complete("qingdao-2020") | {"title": typed, "story": typed}
    document = paper.form_docx(found, answers)
    assert text_of(document).count(typed) == 3  # title, story and, in the declaration, the title again
    assert typed in text_of(paper.declaration_docx(found, answers))
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        for part in (name for name in archive.namelist() if name.endswith((".xml", ".rels"))):
            etree.fromstring(archive.read(part))


def test_a_control_character_is_left_out_and_a_line_is_a_paragraph():
    answers = submissions.complete("qingdao-2020") | {"story": "第一\x00段\x0b第二段\ufffe\ud800\n\n第三段"}
    lines = text_of(paper.form_docx(edition("qingdao-2020"), answers)).split("\n")
    assert [line for line in lines if line.endswith("段")] == ["第一段", "第二段", "第三段"]


def test_the_same_answers_give_the_same_bytes():
    found, answers = edition("jinan-2021"), submissions.complete("jinan-2021")
    assert paper.form_docx(found, answers) == paper.form_docx(found, answers)


def test_public_fields_bear_a_star_and_private_ones_none():
    text = text_of(paper.form_docx(edition("qingdao-2020"), None))
    assert "*案例名称" in text
    assert "*联系人" not in text


def test_the_face_is_the_one_that_the_form_names_and_the_paper_is_a4():
    word = Document(io.BytesIO(paper.form_docx(edition("jinan-2021"), None)))
    normal = word.styles["Normal"]
    assert (normal.element.rPr.rFonts.get(qn("w:eastAsia")), normal.font.size.pt) == ("仿宋", 14)
    assert (round(word.sections[0].page_width.mm), round(word.sections[0].page_height.mm)) == (210, 297)


def test_the_performance_table_is_one_table_whose_first_column_names_the_indicators():
    word = Document(io.BytesIO(paper.form_docx(edition("jinan-2021"), submissions.complete("jinan-2021"))))
    table = next(table for table in word.tables if table.rows[0].cells[0].text == "年度绩效指标")
    assert [cell.text for cell in table.rows[0].cells][1:4] == ["二级指标", "指标内容", "指标值"]
    first = list(dict.fromkeys(row.cells[0].text for row in table.rows[1:]))
    assert first == ["产出指标", "效益指标", "社会公众或服务对象满意度指标"]


def test_an_answer_that_is_not_right_yet_is_printed_as_it_was_typed():
    answers = submissions.complete("qingdao-2020") | {"contact_phone": "明天告诉您"}
    assert "明天告诉您" in text_of(paper.form_docx(edition("qingdao-2020"), answers))


def test_a_form_without_declaration_has_no_declaration_to_print():
    assert paper.declaration_docx(edition("qingdao-2017"), None) is None


def test_an_english_edition_prints_an_english_form():
    english = replace(edition("qingdao-2020"), language="en")
    text = text_of(paper.form_docx(english, submissions.complete("qingdao-2020")))
    assert "Case title" in text
    assert "2019-08-30" in text
    assert "案例名称" not in text


def test_the_template_is_what_its_program_writes():
    assert paper.TEMPLATE.read_bytes() == wordtemplate.template()
