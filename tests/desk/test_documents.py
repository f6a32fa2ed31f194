"""The form as PDF: every character that was typed is there, or its number is; the same answers give the same bytes."""

import io
import re
import shutil
from pathlib import Path

import pytest
import submissions
from chalicelib import printed
from pypdf import PdfReader

from awards.content import load
from awards.errors import PingxuanError
from desk import blanks, documents

CONTENT = Path(__file__).parents[2] / "content"


def edition(name):
    found, findings = load(CONTENT / "editions" / name)
    assert findings == []
    return found


def text_of(document: bytes) -> str:
    """What a PDF says, without white space and the places where a line may break."""
    pages = PdfReader(io.BytesIO(document)).pages
    return re.sub(r"[\s\u200b]", "", "".join(page.extract_text() for page in pages))


def said(sheet) -> set[str]:
    """Every character that a sheet says."""
    if isinstance(sheet, str):
        return {char for char in sheet if not char.isspace()}
    items = sheet.values() if isinstance(sheet, dict) else sheet if isinstance(sheet, list) else ()
    return set().union(*map(said, items))


@pytest.mark.parametrize("name", submissions.EDITIONS)
@pytest.mark.parametrize("filled", [True, False])
def test_no_character_of_a_form_is_missing_in_its_pdf(name, filled):
    found, answers = edition(name), submissions.complete(name) if filled else None
    sheet = printed.sheet(found, answers)
    shown = {key: value for key, value in sheet.items() if key in ("parts", "consents", "declaration", "title")}
    for part in shown["parts"]:
        for block in part["blocks"]:
            block.pop("kind")
    lacking = said(shown) - set(text_of(documents.form_pdf(found, answers)))
    assert lacking == set()


def test_a_character_that_no_font_knows_is_printed_by_its_number():
    answers = submissions.complete("qingdao-2020") | {"title": "甲\U000f1234乙"}  # a private sign: in no font
    assert "甲〔U+F1234〕乙" in text_of(documents.form_pdf(edition("qingdao-2020"), answers))


@pytest.mark.parametrize("typed", ["#eval(1)", "$x$ *b* _i_ @ref <l> //c", '"); panic("', "{{ x }}", "a&b<c>", "𠮷"])
def test_what_an_entrant_typed_is_no_markup(typed):
    answers = submissions.complete("qingdao-2020") | {"title": typed}
    assert re.sub(r"\s", "", typed) in text_of(documents.form_pdf(edition("qingdao-2020"), answers))


def test_a_word_longer_than_the_line_is_broken_and_whole():
    answers = submissions.complete("qingdao-2020")
    document = documents.form_pdf(edition("qingdao-2020"), answers | {"title": "w" * 3000})
    assert text_of(document).count("w") == 6000  # on the form, and in its declaration
    pages = [
        len(PdfReader(io.BytesIO(each)).pages)
        for each in (documents.form_pdf(edition("qingdao-2020"), answers), document)
    ]
    assert pages[1] > pages[0]  # else it ran out of the page


def test_the_same_answers_give_the_same_bytes():
    found, answers = edition("jinan-2021"), submissions.complete("jinan-2021")
    assert documents.form_pdf(found, answers) == documents.form_pdf(found, answers)


def test_a_book_has_a_cover_and_contents_that_name_each_part_with_its_page():
    pages = PdfReader(io.BytesIO(documents.form_pdf(edition("jinan-2021"), submissions.complete("jinan-2021")))).pages
    texts = [page.extract_text() for page in pages]
    assert "项目名称" in texts[0]
    for line in (line for line in texts[1].split("\n") if ". ." in line):
        title, number = line.partition(".")[0].strip(), int(line.rsplit(" ", 1)[1].strip("."))
        assert title in texts[number - 1]
    assert texts[1].count(". .") >= 6


def test_without_a_chinese_font_the_message_names_the_package():
    with pytest.raises(PingxuanError, match="No font here knows Chinese") as error:
        documents.families("仿宋", ["DejaVu Sans", "Liberation Serif"])
    assert "fonts-noto-cjk" in error.value.advice


def test_fangsong_comes_first_where_it_is_installed():
    assert documents.families("仿宋", ["Noto Serif CJK SC", "FangSong"]) == ["FangSong", "Noto Serif CJK SC"]


def test_the_declaration_alone_names_entrant_and_case():
    text = text_of(documents.declaration_pdf(edition("jinan-2021"), submissions.complete("jinan-2021")))
    assert "示例高新区工信局" in text
    assert "设备联网与能耗管理平台" in text


def test_the_built_site_holds_the_blank_papers_and_unchanged_ones_are_left_alone(tmp_path):
    written = blanks.write(CONTENT, tmp_path)
    assert tmp_path / "jinan-2021/apply/form.docx" in written
    assert not (tmp_path / "qingdao-2017/apply/declaration.docx").exists()
    before = {path: path.stat().st_mtime_ns for path in written}
    assert {path: path.stat().st_mtime_ns for path in blanks.write(CONTENT, tmp_path)} == before


def test_a_form_saved_by_notepad_gives_the_same_blank_papers(tmp_path):
    content = tmp_path / "content"
    folder = shutil.copytree(CONTENT / "editions" / "qingdao-2020", content / "editions" / "qingdao-2020")
    before = [path.read_bytes() for path in blanks.write(content, tmp_path / "one")]
    for name in ("form.toml", "edition.toml"):
        (folder / name).write_bytes(b"\xef\xbb\xbf" + (folder / name).read_bytes())
    assert [path.read_bytes() for path in blanks.write(content, tmp_path / "two")] == before
