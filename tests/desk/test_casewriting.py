"""A submission that passed becomes a case: its public fields and no other, its text as text, whole or not at all."""

import re
import time
from dataclasses import replace
from html import unescape

import pytest
import submissions
from arriving import Office
from hypothesis import given, settings
from hypothesis import strategies as st

from awards import cleaning
from awards.content import load
from awards.errors import FindingsError, PingxuanError
from desk import casewriting, checking
from desk.celltext import as_text
from theme.stories import render

CALM = settings(deadline=None, max_examples=200)
HOSTILE = (
    "<script>alert(1)</script>",
    "[a](javascript:alert(1))",
    "![x](https://example.org/x.png)",
    "# heading\n\n- list\n1. one\n> quote\n\n    code\n\n---\n\n***",
    "a | b\n--- | ---\n1 | 2",
    "`code` **bold** _it_ ~~gone~~ ^up^ {#id}",
    "&lt;b&gt; &#60;b&#62;",
    "<https://example.org> http://example.org/a_b_c [x]: http://example.org",
    "+++\ntitle = 'other'\n+++",
    "term\n: meaning\n\n[^1]: note *[HTML]: x",
    "\\[x\\](y) \\\\",
)
MARKS = "[]()`*_<>&#!~|^{}\\:=-+\"'.$@%/ \n1aÄ字"


def shown_as_text(markdown: str) -> str:
    """What a reader sees, if nothing but paragraphs is there."""
    html = render(markdown)
    assert set(re.findall(r"</?[^>]*>", html)) <= {"<p>", "</p>"}
    return " ".join(unescape(html.replace("</p>", " ").replace("<p>", " ")).split())


def made(office, edition_number="2019-0007", **answers):
    office.submit(edition_number, **answers)
    return casewriting.make(office.edition, office.pull()[0])


def written(office, **answers):
    case = made(office, **answers)
    casewriting.check(office.folder, case)
    casewriting.write(office.folder, case)
    edition, findings = load(office.folder)
    assert findings == []
    return edition.cases[0]


def test_the_case_of_qingdao_2019_is_what_its_public_fields_say(office):
    case = written(office)
    assert (case.slug, case.title, case.entrant) == (
        "2019-cs-0007",
        "一网统管的城市运行平台",
        "示例信息技术有限公司青岛分公司",
    )
    assert (case.category, case.field, case.in_operation) == ("cs", "guanli", "2019年6月1日")
    assert case.story.strip() == "先并号码，再并流程，最后并数据。"
    assert [picture.alt for picture in case.pictures][:2] == [f"一网统管的城市运行平台（图{n}）" for n in (1, 2)]
    assert checking.check(office.content)[1] == []


@pytest.mark.parametrize("name", submissions.EDITIONS)
def test_no_private_answer_of_any_edition_is_in_the_files_of_its_case(tmp_path, name):
    office = Office(tmp_path, name)
    year = office.edition.year
    case = made(office, f"{year}-0007")
    casewriting.check(office.folder, case)
    whole = case.text.encode() + b"".join(case.pictures.values())
    private = {
        value
        for asked in office.edition.form.fields
        for value in [submissions.complete(name).get(asked.key)]
        if isinstance(value, str) and not asked.public and len(value) > 2 and not asked.kind.chosen
    }
    public = {
        value
        for key, value in submissions.complete(name).items()
        if office.edition.form.find(key) and office.edition.form.find(key).public and isinstance(value, str)
    }
    assert len(private) > 2  # it could leak
    assert [value for value in private - public if value.encode() in whole] == []
    assert b"SecretMaker" not in whole
    assert b".jpg" not in re.sub(rb"[0-9a-f]{16}\.jpg", b"", case.text.encode())


def test_the_other_of_a_choice_is_told_by_the_name_that_was_given(tmp_path):
    case = made(Office(tmp_path, "jinan-2021"), "2021-0007")
    assert '"推荐单位（所在区县）" = "示例高新区"' in case.text


def test_several_texts_of_a_story_stand_under_their_labels(tmp_path):
    office = Office(tmp_path, "jinan-2021")
    case = made(office, "2021-0007")
    story = case.text.partition("+++\n\n")[2]
    labels = [office.edition.form.find(key).label_zh for key in ("summary", "effects")]
    assert [line for line in story.split("\n") if line.startswith("#")] == [f"## {as_text(label)}" for label in labels]


def test_a_private_field_stays_out_even_if_the_form_names_it_for_the_case(office):
    form = office.edition.form
    named = replace(form.case, facts=("contact_phone", "legal_form"), district="contact_name")
    office.edition = replace(office.edition, form=replace(form, case=named))
    case = made(office)
    assert "facts" not in case.text
    assert [value for value in ("0532-85910000", "林示例") if value in case.text] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_it_stands(text):
    assert shown_as_text(as_text(text)) == " ".join(text.split())


@CALM
@given(st.text(st.sampled_from(MARKS), max_size=80))
def test_no_text_becomes_markup(text):
    text = cleaning.lines(text)
    assert shown_as_text(as_text(text)) == " ".join(text.split())


@pytest.mark.parametrize("sign", ["[", "*", "`", "<", "|", "\\", "![", "](", "a\n", "&lt;"])
def test_a_hundred_kilobytes_of_a_sign_are_shown_in_a_few_seconds(sign):
    began = time.perf_counter()
    render(as_text((sign * 100_000)[:100_000]))
    assert time.perf_counter() - began < 10


def test_a_hostile_story_and_title_pass_the_check(office):
    case = written(office, story="\n".join(HOSTILE), title='"]]\\ <b>[x](y)')
    assert case.title == '"]]\\ <b>[x](y)'
    assert "script" in case.story


def test_a_picture_that_cannot_be_shown_stops_the_case(office):
    office.submit("2019-0007")
    one = office.pull()[0]
    next((one.folder / "files").glob("*.jpg")).write_bytes(b"\xff\xd8 no picture")
    with pytest.raises(PingxuanError, match=r"2019-0007: [0-9]\.jpg"):
        casewriting.make(office.edition, one)


def test_a_case_without_title_is_refused_with_its_finding_and_nothing_is_written(office):
    before = office.files()
    case = made(office, title="")
    with pytest.raises(FindingsError) as refused:
        casewriting.check(office.folder, case)
    assert [finding.key for finding in refused.value.findings] == ["title"]
    assert office.files() == before


def test_a_case_that_came_from_elsewhere_is_not_written_over(office):
    case = written(office)
    with pytest.raises(PingxuanError, match="There is a case 2019-cs-0007 already"):
        casewriting.require_free(office.folder, case.slug)


def test_a_full_disk_leaves_nothing(office, monkeypatch):
    before, case = office.files(), made(office)
    monkeypatch.setattr(casewriting, "write_case", lambda *_: (_ for _ in ()).throw(PingxuanError("full")))
    with pytest.raises(PingxuanError, match="full"):
        casewriting.write(office.folder, case)
    assert office.files() == before


def test_a_removed_case_takes_its_pictures_along_but_not_those_of_another(office):
    before = office.files()
    written(office)
    office.submit("2019-0008", shade=2)  # two of its pictures are those of the first
    second = casewriting.make(office.edition, office.pull()[1])
    casewriting.write(office.folder, second)
    casewriting.remove(office.folder, "2019-cs-0007")
    assert {name for name in office.files() if name.startswith("pictures/")} == {
        f"pictures/{name}" for name in second.pictures
    }
    casewriting.remove(office.folder, "2019-cs-0008")
    assert office.files() == before
