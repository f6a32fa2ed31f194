"""Screening at the terminal: one after the other, and by the verb."""

import io

import pytest
import submissions
from rich.console import Console

from awards.errors import PingxuanError
from desk import screening


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


def test_a_refused_decision_is_told_with_what_is_wrong_and_the_editor_goes_on(office):
    office.submit("2019-0001", title="")
    office.submit("2019-0002", shade=8)
    said = walked(office, "p", "s", "p")
    assert "Nothing was decided. qingdao-2019/cases/2019-cs-0001.md: title: found " in said
    assert [office.state(f"2019-000{n}") for n in (1, 2)] == ["submitted", "passed"]
    assert [name for name in office.files() if "2019-cs-0001" in name] == []


def test_the_verb_refuses_after_the_deadline_and_takes_an_exception(office, verb):
    office.submit("2019-0001")
    verb("pull", "qingdao-2019")
    assert "Screening of qingdao-2019 ended" in verb("screen", "qingdao-2019", "pass", "--case", "2019-0001", code=1)
    verb("screen", "qingdao-2019", "pass", "--case", "2019-0001", "--exception", "组委会会议决定", "--by", "林编辑")
    assert office.state("2019-0001") == "passed"


def test_nobody_plays_with_the_clock_of_a_stage(office):
    with pytest.raises(PingxuanError, match="plays with the clock"):
        screening._played("2019-10-20T09:00:00+08:00", "prod")
