"""Screening by a sheet that a clerk filled in: refused whole where it is not as given out, shown before it is done."""

import io
import shutil
from dataclasses import replace

import openpyxl
import pytest
from rich.console import Console

from awards.errors import FindingsError
from awards.screening import Outcome
from desk import screening, screensheet


@pytest.fixture
def clerk(office, tmp_path):
    """Three submissions in a sheet, and what to do with its cells."""
    for number in (1, 2, 3):
        office.submit(f"2019-000{number}", shade=number * 4, title=f"案例{number}", story=f"故事{number}")
    path = tmp_path / "screening.xlsx"
    screensheet.write(path, office.edition, office.pull())

    def fill(change) -> list:
        book = openpyxl.load_workbook(path)
        change(book.active)
        book.save(path)
        return screensheet.read(path, office.edition, office.pull())

    return fill


def fill_in(*rows):
    def change(sheet):
        for number, (decision, reason) in enumerate(rows, 2):
            sheet.cell(number, 5).value, sheet.cell(number, 6).value = decision, reason

    return change


def test_a_sheet_that_was_filled_in_is_read_as_decisions(clerk):
    asked = clerk(fill_in(("通过", None), ("Decline", "不在范围"), (None, None)))
    assert [(each.number, each.outcome, each.reason) for each in asked] == [
        ("2019-0001", Outcome.PASS, ""),
        ("2019-0002", Outcome.DECLINE, "不在范围"),
    ]


def _swap(sheet):
    for column in range(1, 8):
        upper, lower = sheet.cell(2, column), sheet.cell(3, column)
        upper.value, lower.value = lower.value, upper.value


def _swap_titles(sheet):
    sheet["B2"].value, sheet["B3"].value = sheet["B3"].value, sheet["B2"].value


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (_swap, "编号"),
        (_swap_titles, "案例名称"),
        (lambda sheet: sheet.delete_rows(3), "编号"),
        (lambda sheet: sheet.delete_rows(4), "编号"),
        (lambda sheet: sheet.append(["2019-0001", "案例1"]), "编号"),
        (lambda sheet: sheet.append(["2019-0099", "又一个"]), "编号"),
        (fill_in(("也许", "好")), "决定"),
        (fill_in(("退回", None)), "理由"),
        (fill_in((None, "忘了决定")), "决定"),
        (lambda sheet: sheet.cell(2, 7, "other"), "核对"),
        (lambda sheet: sheet.cell(2, 4, "没有问题"), "初审提示"),
        (lambda sheet: sheet.cell(2, 5, "=A1"), "E2"),
        (lambda sheet: sheet.merge_cells("E2:E3"), ""),
        (lambda sheet: sheet.delete_cols(5), ""),
    ],
)
def test_a_sheet_with_a_row_moved_removed_or_broken_is_refused_whole(clerk, change, key):
    with pytest.raises(FindingsError) as refused:
        clerk(change)
    assert key in {finding.key for finding in refused.value.findings}


def test_a_sheet_is_refused_when_a_submission_changed_since(clerk, office):
    before = office.place.store.draft("qingdao-2019", "draft-2019-0002")
    office.place.store.replace(before, replace(before, revision=9))
    with pytest.raises(FindingsError) as refused:
        clerk(fill_in(("通过", None)))
    assert [finding.key for finding in refused.value.findings] == ["核对"]


def test_what_entrants_wrote_is_no_formula_in_the_sheet(office, tmp_path):
    path = tmp_path / "screening.xlsx"
    office.submit("2019-0001", title='=HYPERLINK("http://example.org")', entrant="@SUM(A1)_x0041_")
    office.submit("2019-0002", shade=8, title="#REF!")
    screensheet.write(path, office.edition, office.pull())
    sheet = openpyxl.load_workbook(path).active
    found = [(sheet[cell].data_type, sheet[cell].value[:2]) for cell in ("B2", "C2", "B3")]
    assert found == [("s", "'="), ("s", "'@"), ("s", "'#")]
    assert screensheet.read(path, office.edition, office.pull()) == []


def test_many_decisions_are_shown_before_they_are_done(office, clerk):
    asked = clerk(fill_in(("通过", None), ("不通过", "不在范围"), ("通过", None)))
    out, here = io.StringIO(), office.pull()
    screening.preview(office.desk(), here, asked, Console(file=out, width=200))
    assert "3 decisions, a mail for each: 2 passed, 0 returned, 1 declined." in out.getvalue()
    assert [office.state(f"2019-000{n}") for n in (1, 2, 3)] == ["submitted"] * 3
    assert office.mail.sent == []
    assert screening.many(office.desk(), here, asked, Console(file=out)) == []
    assert [office.state(f"2019-000{n}") for n in (1, 2, 3)] == ["passed", "declined", "passed"]
    assert [kind for kind, *_ in office.mail.sent] == ["passed", "declined", "passed"]


def test_one_of_many_that_cannot_be_done_stops_no_other(office, clerk):
    asked = clerk(fill_in(("通过", None), ("通过", None), ("通过", None)))
    here = office.pull()
    shutil.rmtree(here[1].folder / "files")
    (failed,) = screening.many(office.desk(), here, asked, Console(file=io.StringIO()))
    assert failed.startswith("2019-0002: ")
    assert [office.state(f"2019-000{n}") for n in (1, 2, 3)] == ["passed", "submitted", "passed"]


def test_a_clerks_round_by_the_verbs(office, verb, tmp_path):
    office.submit("2019-0001")
    office.submit("2019-0002", shade=8, title="第二个", story="别的")
    sheet, then = str(tmp_path / "s.xlsx"), ("--as-of", "2019-10-20T09:00:00+08:00", "--by", "林编辑")
    assert "2 submissions, 2 new or changed" in verb("pull", "qingdao-2019")
    assert "2 submissions wait" in verb("screen", "qingdao-2019", "--out", sheet)
    book = openpyxl.load_workbook(sheet)
    fill_in(("通过", None), ("不通过", "不在范围"))(book.active)
    book.save(sheet)
    shown = verb("screen", "qingdao-2019", "--from", sheet, *then)
    assert "Nothing was changed; add --yes" in shown
    assert "不在范围" in shown
    assert office.state("2019-0001") == "submitted"
    assert "2019-0001 is passed: case 2019-cs-0001." in verb("screen", "qingdao-2019", "--from", sheet, "--yes", *then)
    assert [office.state(f"2019-000{n}") for n in (1, 2)] == ["passed", "declined"]
    assert len(list((office.var / "mail").glob("*.eml"))) == 2
    assert 'exception = "--as-of' in (office.folder / "screening.toml").read_text(encoding="utf-8")
    verb("check")
    assert "waits for a decision again" in verb("screen", "qingdao-2019", "undo", "--case", "2019-0001", *then)
    assert "wait" in verb("screen", "qingdao-2019", "--out", sheet)
