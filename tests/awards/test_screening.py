"""Screening: what is decided until when and how it is written down, and what is said of a submission before."""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import submissions
from hypothesis import given, settings
from hypothesis import strategies as st

from awards import screening
from awards.arrivals import Arrived, Broken, findings
from awards.content import load
from awards.errors import PingxuanError
from awards.likeness import Facing, Likeness, likenesses
from awards.personal import finds
from awards.screening import Decision, Outcome, dump_decisions, parse_decisions
from awards.submission import Finality, check, facts_of
from awards.tables import Source

ROOT = Path(__file__).parent.parent.parent
LOADED = {name: load(ROOT / "content" / "editions" / name)[0] for name in submissions.EDITIONS}
CALM = settings(deadline=None)
NOON = datetime.fromisoformat("2019-10-30T12:00:00+08:00")
BEFORE = NOON - timedelta(seconds=1)
SUBMITTED = datetime.fromisoformat("2019-10-20T09:00:00+08:00")
MOBILE, IDENTITY, CARD = "13800138000", "11010519491231002X", "6222021234567890128"


def arrived(
    number: str, edition: str = "qingdao-2019", *, state: str = "submitted", at=SUBMITTED, broken=(), **answers
):
    loaded = LOADED[edition]
    sheet = {**submissions.complete(edition), **answers}
    return Arrived(number, state, at, check(loaded.form, sheet, facts_of(loaded), Finality.SUBMISSION), broken)


def other(number: str, **answers) -> Arrived:
    """A submission that shares nothing with the complete one."""
    own = {"title": f"案例{number}", "summary": f"简介{number}", "story": f"介绍{number}", "entrant": f"单位{number}"}
    unlike = {"uscc": submissions.BUREAU, "legal_form": "legal-person", "other_side": ""}
    return arrived(number, **{**own, **unlike, **answers})


def codes(*of: Arrived, edition: str = "qingdao-2019") -> dict[str, list[str]]:
    said = findings(LOADED[edition], of)
    return {number: [fault.code for fault in faults] for number, faults in said.items()}


def decided(number: str = "2019-0007", **changed) -> Decision:
    decision = Decision(number, Outcome.PASS, "2019-cs-0007", "", BEFORE, "林编辑")
    return replace(decision, **changed)


def read(text: str) -> tuple[dict[str, Decision], list]:
    source = Source("qingdao-2019/screening.toml", text)
    return parse_decisions(source), source.findings


# The deadline and the states


def test_screening_of_qingdao_2019_ends_at_noon_of_30_october():
    assert screening.deadline(LOADED["qingdao-2019"]) == NOON


def test_a_decision_in_the_last_second_is_taken_and_at_the_deadline_it_is_not():
    screening.require_in_time(LOADED["qingdao-2019"], BEFORE, "")
    with pytest.raises(PingxuanError, match="ended at 2019-10-30T12:00"):
        screening.require_in_time(LOADED["qingdao-2019"], NOON, "")


def test_a_decision_after_the_deadline_is_taken_as_an_exception():
    screening.require_in_time(LOADED["qingdao-2019"], NOON + timedelta(days=3), "组委会10月31日会议决定")


def test_an_edition_without_a_screening_deadline_takes_decisions_at_any_time():
    screening.require_in_time(LOADED["qingdao-2020"], NOON + timedelta(days=3000), "")


@pytest.mark.parametrize(
    ("state", "outcome", "right"),
    [
        ("submitted", Outcome.PASS, True),
        ("submitted", Outcome.RETURN, True),
        ("submitted", Outcome.DECLINE, True),
        ("returned", Outcome.DECLINE, True),
        ("returned", Outcome.PASS, False),
        ("draft", Outcome.PASS, False),
        ("withdrawn", Outcome.DECLINE, False),
        ("passed", Outcome.DECLINE, False),
        ("passed", None, True),
        ("declined", None, True),
        ("submitted", None, False),
    ],
)
def test_a_state_admits_these_decisions(state, outcome, right):
    if right:
        screening.require_state(LOADED["qingdao-2019"], "2019-0007", state, outcome, SUBMITTED)
    else:
        with pytest.raises(PingxuanError, match=state):
            screening.require_state(LOADED["qingdao-2019"], "2019-0007", state, outcome, SUBMITTED)


def test_nothing_is_returned_when_nobody_could_submit_it_again():
    with pytest.raises(PingxuanError, match="nobody can submit"):
        screening.require_state(LOADED["qingdao-2019"], "2019-0007", "submitted", Outcome.RETURN, NOON)


@pytest.mark.parametrize("reason", ["", "  ", "\u200b\n"])
@pytest.mark.parametrize("outcome", [Outcome.RETURN, Outcome.DECLINE])
def test_who_is_returned_or_declined_is_told_why(outcome, reason):
    with pytest.raises(PingxuanError, match="without a reason"):
        screening.require_reason(outcome, reason)


def test_a_case_has_the_number_of_its_submission_and_its_category():
    assert screening.slug_of("2020-0137", "cy") == "2020-cy-0137"


# screening.toml

TEXTS = st.text(max_size=30).map(screening.cleaning.line)
DECISIONS = st.builds(
    Decision,
    st.integers(1, 99999).map(lambda number: f"2019-{number:04}"),
    st.just(Outcome.DECLINE),
    st.just(""),
    TEXTS.filter(str.strip),
    st.datetimes(datetime(2019, 1, 1), datetime(2020, 1, 1)).map(  # noqa: DTZ001 the zone follows
        lambda at: at.replace(microsecond=0, tzinfo=NOON.tzinfo)
    ),
    TEXTS.filter(str.strip),
    TEXTS,
)


@CALM
@given(st.lists(DECISIONS, max_size=5))
def test_what_is_written_reads_the_same(decisions):
    by_number = {decision.number: decision for decision in decisions}
    text = dump_decisions(by_number.values())
    assert read(text) == (by_number, [])
    assert dump_decisions(reversed(by_number.values())) == text


def test_all_faults_of_a_file_are_told_with_their_lines():
    text = dump_decisions([decided()]) + (
        '\n[[decisions]]\nnumber = "7"\ndecision = "maybe"\ndate = 2019-10-29\nby = "a"\n'
        '\n[[decisions]]\nnumber = "2019-0007"\ndecision = "decline"\ndate = 2019-10-29T10:00:00\nby = ""\nwhy = "x"\n'
    )
    _, faults = read(text)
    lines = text.split("\n")
    assert [(fault.key, lines[fault.line - 1].partition(" ")[0]) for fault in sorted(faults)] == [
        ("decisions[1].number", "number"),
        ("decisions[1].decision", "decision"),
        ("decisions[1].date", "date"),
        ("decisions[2].reason", "[[decisions]]"),
        ("decisions[2].number", "number"),
        ("decisions[2].date", "date"),
        ("decisions[2].by", "by"),
        ("decisions[2].why", "why"),
    ]


def test_a_late_decision_without_exception_and_a_case_that_is_not_there_are_faults():
    source = Source("qingdao-2019/screening.toml", dump_decisions([decided(at=NOON)]))
    screening.check_decisions(LOADED["qingdao-2019"], source)
    assert sorted(fault.key for fault in source.findings) == ["decisions[0].case", "decisions[0].date"]


# Findings


def test_a_complete_submission_in_time_has_no_findings():
    assert {name: codes(arrived("2021-0001", name), edition=name) for name in ("jinan-2021", "ccace-2021")} == {
        name: {"2021-0001": []} for name in ("jinan-2021", "ccace-2021")
    }


def test_what_was_submitted_at_the_deadline_is_late_and_a_second_before_is_not():
    assert codes(other("2019-0001", at=NOON), other("2019-0002", at=BEFORE)) == {
        "2019-0001": ["late"],
        "2019-0002": [],
    }


def test_what_is_missing_is_told():
    assert codes(other("2019-0001", story="", signed_form=[])) == {"2019-0001": ["incomplete", "incomplete"]}


def test_a_file_that_does_not_open_is_told_by_its_name():
    broken = Broken("pictures", "1.jpg", "不是图片", "no picture")
    assert [
        fault.zh for fault in findings(LOADED["qingdao-2019"], [other("2019-0001", broken=(broken,))])["2019-0001"]
    ] == ["打不开“1.jpg”：不是图片"]


def test_the_third_case_of_a_unit_in_a_field_is_over_the_limit_whatever_its_number():
    late = SUBMITTED + timedelta(hours=1)
    three = (other("2019-0009"), other("2019-0002", at=late), other("2019-0003"))
    assert codes(*three) == {"2019-0009": [], "2019-0002": ["over_limit"], "2019-0003": []}


def test_a_declined_case_holds_no_place():
    three = (other("2019-0001", state="declined"), other("2019-0002"), other("2019-0003"))
    assert codes(*three) == {"2019-0001": [], "2019-0002": [], "2019-0003": []}


def test_the_same_title_however_it_is_spelt_is_told_of_both():
    first = other("2019-0001", title="City Brain（一期）")
    second = other("2019-0002", title="ｃｉｔｙ  brain 一期", uscc=submissions.COMPANY)
    assert codes(first, second) == {"2019-0001": ["duplicate"], "2019-0002": ["duplicate"]}


def test_a_project_entered_by_both_its_sides_is_told_of_both():
    builder = other("2019-0001", entrant="示例建设局", other_side="示例软件有限公司")
    maker = other("2019-0002", entrant="示例软件有限公司", uscc=submissions.COMPANY)
    assert codes(builder, maker) == {"2019-0001": ["duplicate"], "2019-0002": ["duplicate"]}


def test_a_story_half_of_which_is_anothers_is_told_and_a_new_one_is_not():
    story = "".join(f"第{number}条街道的路灯都接入了平台。" for number in range(60))
    own = "".join(f"养老院里有{number * 7}位老人用上了手环，家属放心。" for number in range(60))
    three = [
        other("2019-0001", story=story),
        other("2019-0002", story=own[:300] + story, uscc=submissions.COMPANY),
        other("2019-0003", story=own[300:] + own[300:600]),
    ]
    assert codes(*three) == {"2019-0001": ["duplicate"], "2019-0002": ["duplicate"], "2019-0003": []}


@pytest.mark.parametrize(("percent", "told"), [(65, True), (35, False)])
def test_two_texts_are_alike_from_one_half_on(percent, told):
    sentences = [f"第{number}条街道的路灯都接入了平台。" for number in range(100)]
    others = [f"养老院里有{number * 7}位老人用上了手环。" for number in range(100)]
    second = sentences[:percent] + others[percent:]
    facing = [Facing(name, name, name, name, (), "".join(text)) for name, text in (("a", sentences), ("b", second))]
    assert likenesses(facing) == ({"a": (Likeness("text", "b"),), "b": (Likeness("text", "a"),)} if told else {})


def test_a_branch_that_names_no_parent_is_suspected_with_its_parent():
    parent = other("2019-0001", entrant="示例信息技术有限公司", uscc=submissions.JINAN)
    branch = other("2019-0002", entrant="示例信息技术有限公司青岛分公司")
    assert codes(parent, branch) == {"2019-0001": ["branch"], "2019-0002": ["branch", "branch"]}


def test_a_branch_that_named_its_parent_is_not_suspected():
    assert codes(arrived("2019-0001")) == {"2019-0001": []}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"联系林先生{MOBILE}。", "phone"),
        ("联系１３８ ００１３ ８０００", "phone"),
        ("+86-138-0013-8000", "phone"),
        ("电话0532-85916914转801", "phone"),
        ("电话（0532）85916914", "phone"),
        ("写信到lin.x@example.org咨询", "email"),
        (f"身份证{IDENTITY}", "identity"),
        ("户名林，账号6222 0212 3456 7890 128", "card"),
        (f"代码{submissions.COMPANY}", "code"),
    ],
)
def test_personal_data_in_a_public_text_is_found(text, code):
    assert [find.code for find in finds(text)] == [code]
    assert codes(other("2019-0001", story=text))["2019-0001"] == ["personal"]


@pytest.mark.parametrize(
    "text",
    [
        "2019年10月30日12:00，接入终端13800个，投资12345678.90万元。",
        "热线400-123-4567、12345，订单2019103012000012。",
        "11010519491231002",
        "110105194912310021",
        "6222021234567890120",
        "3.1415926535897932",
        "@张三 邮箱@，版本 v1.2.3-rc4@latest",
        "编号1380013800，共138001380001个",
    ],
)
def test_figures_dates_and_hotlines_are_no_personal_data(text):
    assert finds(text) == ()


def test_a_finding_does_not_repeat_the_number_it_found():
    told = findings(LOADED["qingdao-2019"], [other("2019-0001", story=f"电话{MOBILE}")])["2019-0001"][0]
    assert MOBILE not in told.zh + told.en
    assert "138" in told.zh


def test_a_private_field_may_hold_a_telephone_number():
    assert codes(other("2019-0001", contact_phone=MOBILE))["2019-0001"] == []


@pytest.mark.parametrize(
    "text", ["1" * 100_000, "a@" * 50_000, "a." * 50_000, "1 " * 50_000, "a@" + "a." * 50_000, "+86" * 33_000]
)
def test_a_hostile_text_is_searched_in_linear_time(text):
    began = time.perf_counter()
    finds(text)
    assert time.perf_counter() - began < 3


def test_likenesses_of_a_thousand_equal_texts_take_linear_time():
    text = "".join(f"第{number}条街道的路灯都接入了平台。" for number in range(30))
    facing = [Facing(f"{number:04}", f"案例{number}", f"单位{number}", str(number), (), text) for number in range(1000)]
    began = time.perf_counter()
    found = likenesses(facing)
    assert time.perf_counter() - began < 20
    assert found["0999"] == (Likeness("text", "0000"),)
