"""A decision of screening: carried out in time, written down, told to the store, undone; or all stays as it was."""

from dataclasses import replace
from datetime import timedelta

import pytest
import submissions
from chalicelib.drafts import State
from chalicelib.refused import UnavailableError

from awards.content import load
from awards.errors import PingxuanError
from awards.screening import Outcome, deadline
from desk import checking, deciding, screening
from desk.pulled import Pulled


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
