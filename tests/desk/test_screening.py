"""Screening by an editor: decided in time, written down, told to the entrant, undone; by hand or by a sheet."""

import io
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
import submissions
from arriving import Office
from chalicelib.drafts import State
from chalicelib.refused import UnavailableError
from rich.console import Console

from awards.content import load
from awards.errors import FindingsError, PingxuanError
from awards.screening import Outcome, deadline
from desk import checking, deciding, screening, screensheet
from desk.pulled import Pulled

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


@pytest.fixture
def one(office):
    office.submit("2019-0007")
    return office.pull()[0]


def decide(office, one, outcome=Outcome.PASS, reason="", **desk):
    return deciding.decide(office.desk(**desk), one, outcome, reason)


def again(one) -> Pulled:
    """The submission as it lies in the folder now."""
    return deciding.pulled.read(one.folder)


def held(office, unit=submissions.GROUP):
    return office.place.store.places("qingdao-2019", unit).item()


# One decision


def test_a_pass_writes_the_case_records_who_when_and_why_and_tells_the_store(office, one):
    decide(office, one)
    edition, findings = load(office.folder)
    assert ([case.slug for case in edition.cases], findings) == (["2019-cs-0007"], [])
    assert (office.folder / "screening.toml").read_text(encoding="utf-8").split("\n\n")[1] == (
        '[[decisions]]\nnumber = "2019-0007"\ndecision = "pass"\ncase = "2019-cs-0007"\n'
        'date = 2019-10-20T09:00:00+08:00\nby = "林编辑"\n'
    )
    assert office.state("2019-0007") == "passed"
    assert checking.check(office.content)[1] == []


@pytest.mark.parametrize(("outcome", "state"), [(Outcome.RETURN, "returned"), (Outcome.DECLINE, "declined")])
def test_a_return_and_a_decline_write_no_case(office, one, outcome, state):
    decide(office, one, outcome, "材料不齐")
    assert [name for name in office.files() if "cases" in name or "pictures" in name] == []
    assert office.state("2019-0007") == state
    assert office.desk().register.decisions["2019-0007"].reason == "材料不齐"


def test_the_entrant_is_told_by_mail(office, one):
    screening.one(office.desk(), [one], "2019-0007", "return", "材料不齐")
    ((kind, to, language, values),) = office.mail.sent
    assert (kind, to, language) == ("returned", "lin@example.org", "zh-CN")
    assert (values["number"], values["reason"]) == ("2019-0007", "材料不齐")


def test_a_decline_frees_the_place_and_a_return_and_a_pass_keep_it(office, one):
    assert held(office) == {"draft-2019-0007": ["cs/guanli"]}
    decide(office, one, Outcome.RETURN, "补章")
    assert held(office) == {"draft-2019-0007": ["cs/guanli"]}
    decide(office, again(one), Outcome.DECLINE, "未补")
    assert held(office) == {}


def test_nothing_is_decided_at_the_deadline_and_all_is_as_before(office, one):
    before = office.files()
    with pytest.raises(PingxuanError, match="ended at 2019-10-30T12:00"):
        decide(office, one, now=deadline(office.edition))
    assert (office.files(), office.state("2019-0007")) == (before, "submitted")
    decide(office, one, now=deadline(office.edition) - timedelta(seconds=1))
    assert office.state("2019-0007") == "passed"


def test_an_exception_is_recorded_with_its_reason(office, one):
    decide(office, one, now=deadline(office.edition), exception="组委会会议决定")
    assert office.desk().register.decisions["2019-0007"].exception == "组委会会议决定"
    assert checking.check(office.content)[1] == []


def test_what_changed_since_it_was_pulled_is_not_decided(office, one):
    before = office.place.store.draft("qingdao-2019", "draft-2019-0007")
    office.place.store.replace(before, replace(before, state=State.WITHDRAWN))
    files = office.files()
    with pytest.raises(PingxuanError, match="changed since it was pulled"):
        decide(office, one)
    assert office.files() == files


def test_who_withdraws_at_the_instant_of_the_pass_leaves_no_case(office, one, monkeypatch):
    files = office.files()
    monkeypatch.setattr(office.place.store, "replace", lambda *_: False)
    with pytest.raises(PingxuanError, match="was not decided"):
        decide(office, one)
    assert office.files() == files


def test_a_pass_that_broke_off_before_the_store_was_told_is_finished_by_passing_again(office, one, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(office.place.store, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        patch.setattr(deciding.casewriting, "remove", lambda *_: None)
        patch.setattr(deciding.Register, "put", _put_once(deciding.Register.put))
        with pytest.raises(KeyboardInterrupt):
            decide(office, one)
    late = deadline(office.edition) + timedelta(days=1)
    first = office.desk().register.decisions["2019-0007"]
    assert decide(office, one, now=late) == first
    assert office.state("2019-0007") == "passed"


def _put_once(real):
    """The machine stops after the first writing: what follows never happens."""
    done = []

    def put(register, number, decision):
        if not done:
            done.append(number)
            real(register, number, decision)

    return put


def test_the_store_being_away_leaves_everything_as_it_was(office, one, monkeypatch):
    files = office.files()
    monkeypatch.setattr(
        office.place.store, "replace", lambda *_: (_ for _ in ()).throw(UnavailableError("away", "try again"))
    )
    with pytest.raises(UnavailableError):
        decide(office, one)
    assert office.files() == files


def test_two_editors_on_one_machine_do_not_decide_at_once(office, one):
    alone = deciding.alone(office.var, "qingdao-2019")
    with alone, pytest.raises(PingxuanError, match="Another screening"):
        deciding.alone(office.var, "qingdao-2019").__enter__()
    with deciding.alone(office.var, "qingdao-2019"):
        pass


# Undo


@pytest.mark.parametrize(
    ("outcome", "reason"), [(Outcome.PASS, ""), (Outcome.RETURN, "补章"), (Outcome.DECLINE, "不在范围")]
)
def test_undo_leaves_files_state_and_places_as_they_were(office, one, outcome, reason):
    files, places = office.files(), held(office)
    decide(office, one, outcome, reason)
    deciding.undo(office.desk(), again(one))
    assert (office.files(), office.state("2019-0007"), held(office)) == (files, "submitted", places)
    decide(office, again(one))
    assert office.state("2019-0007") == "passed"


def test_a_decline_is_not_undone_once_its_place_is_taken(office, one):
    decide(office, one, Outcome.DECLINE, "不在范围")
    office.submit("2019-0008", shade=8)
    office.submit("2019-0009", shade=12)
    with pytest.raises(PingxuanError, match="cannot be taken back"):
        deciding.undo(office.desk(), again(one))
    assert office.state("2019-0007") == "declined"
    assert "2019-0007" in office.desk().register.decisions


def test_a_return_is_not_undone_once_the_entrant_works_on_it(office, one):
    decide(office, one, Outcome.RETURN, "补章")
    before = office.place.store.draft("qingdao-2019", "draft-2019-0007")
    office.place.store.replace(before, replace(before, revision=before.revision + 1))
    with pytest.raises(PingxuanError, match="works on it already"):
        deciding.undo(office.desk(), office.pull()[0])


def test_an_undo_that_the_store_refuses_puts_the_case_back(office, one, monkeypatch):
    decide(office, one)
    files = office.files()
    monkeypatch.setattr(office.place.store, "replace", lambda *_: False)
    with pytest.raises(PingxuanError):
        deciding.undo(office.desk(), again(one))
    assert office.files() == files


# At the terminal


def walked(office, *said: str) -> str:
    answers, out = iter(said), io.StringIO()
    screening.walk(office.desk(), office.pull(), lambda _: next(answers, "q"), Console(file=out, width=200))
    return out.getvalue()


def test_an_editor_sees_answers_findings_and_files_and_decides_one_after_the_other(office):
    office.submit("2019-0001", story="电话13800138000[red]")
    office.submit("2019-0002", shade=8, title="第二个")
    office.submit("2019-0003", shade=12, title="第三个", uscc=submissions.BUREAU)
    said = walked(office, "p", "?", "d", "", "d", "不在范围", "s")
    assert "*案例介绍: 电话13800138000[red]" in said
    assert "! 公开栏目“案例介绍”中疑有手机号" in said
    assert f"申报表.pdf: {office.var}" in said
    assert [office.state(f"2019-000{n}") for n in (1, 2, 3)] == ["passed", "declined", "submitted"]


def test_an_editor_undoes_the_last_decision_and_quits(office):
    office.submit("2019-0001")
    office.submit("2019-0002", shade=8)
    walked(office, "p", "u", "u", "q")
    assert [office.state(f"2019-000{n}") for n in (1, 2)] == ["submitted", "submitted"]


def test_the_very_last_decision_can_be_undone_too(office):
    office.submit("2019-0001")
    walked(office, "d", "不在范围", "u")
    assert office.state("2019-0001") == "submitted"


def test_a_refused_decision_is_told_and_the_editor_goes_on(office):
    office.submit("2019-0001", title="")
    assert "found missing" not in (said := walked(office, "p", "s"))
    assert "finding" in said


# By a sheet


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


# The verbs


@pytest.fixture
def verb(office):
    """Runs a verb on the office's content and folder, in October 2019."""

    def run(*words: str, code: int = 0) -> str:
        command = [sys.executable, str(ROOT / "publish.py"), *words, "--content", str(office.content)]
        environment = os.environ | {"PINGXUAN_VAR": str(office.var), "COLUMNS": "200"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stdout + done.stderr
        return done.stdout

    return run


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


def test_the_verb_refuses_after_the_deadline_and_takes_an_exception(office, verb):
    office.submit("2019-0001")
    verb("pull", "qingdao-2019")
    assert "Screening of qingdao-2019 ended" in verb("screen", "qingdao-2019", "pass", "--case", "2019-0001", code=1)
    verb("screen", "qingdao-2019", "pass", "--case", "2019-0001", "--exception", "组委会会议决定", "--by", "林编辑")
    assert office.state("2019-0001") == "passed"


def test_check_tells_a_decision_that_was_late_and_a_case_that_is_gone(office, one):
    decide(office, one)
    path = office.folder / "screening.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("2019-10-20", "2019-10-31"), encoding="utf-8")
    (office.folder / "cases" / "2019-cs-0007.md").unlink()
    findings = checking.check(office.content)[1]
    assert [(finding.path, finding.line, finding.key) for finding in findings] == [
        ("qingdao-2019/screening.toml", 6, "decisions[0].case"),
        ("qingdao-2019/screening.toml", 7, "decisions[0].date"),
    ]


def test_nobody_plays_with_the_clock_of_a_stage(office):
    with pytest.raises(PingxuanError, match="plays with the clock"):
        screening._played("2019-10-20T09:00:00+08:00", "prod")
