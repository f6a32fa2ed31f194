"""Screening: what an editor decides of a submission, until when, and how that is written down.

Knows decisions, states and screening.toml; knows no clock, no store and no answers. One decision stands for each
submission, the last; what was undone is gone from the file, and git remembers it. The file is public: a reason that
names a person or a telephone number does not belong in it.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from awards import cleaning
from awards.errors import PingxuanError
from awards.model import Edition
from awards.tables import Source, Table, shown

NUMBER = "[0-9]{4}-[0-9]{1,8}"
_NUMBER_ALLOWED = "the number of a submission, such as 2020-0137"
HEADER = (
    "# Written by publish.py screen: what was decided of each submission. Public; names no person but the editor.\n"
)


class Outcome(Enum):
    """What an editor may decide."""

    PASS = "pass"  # noqa: S105 a word for a decision
    RETURN = "return"
    DECLINE = "decline"

    @property
    def needs_reason(self) -> bool:
        """Whether the entrant must be told why."""
        return self is not Outcome.PASS

    @property
    def state(self) -> str:
        """What the submission is then."""
        return {Outcome.PASS: "passed", Outcome.RETURN: "returned", Outcome.DECLINE: "declined"}[self]


# Words that a clerk may write in a sheet, and an editor at the prompt.
WORDS: Mapping[str, Outcome] = {
    **{outcome.value: outcome for outcome in Outcome},
    "通过": Outcome.PASS,
    "退回": Outcome.RETURN,
    "不通过": Outcome.DECLINE,
}


@dataclass(frozen=True)
class Decision:
    """What was decided of one submission.

    number: of the submission. case: the slug of the case it became, empty unless passed. reason: one line, may be empty
    for a pass. at: when, with a zone, whole seconds. by: who. exception: why it was decided after the deadline; empty
    if it was not.
    """

    number: str
    outcome: Outcome
    case: str
    reason: str
    at: datetime
    by: str
    exception: str = ""


Decisions = Mapping[str, Decision]


def deadline(edition: Edition) -> datetime | None:
    """The first instant at which screening is over; None where the edition leaves it open."""
    window = edition.window("screening")
    return window.closes if window else None


def submission_closes(edition: Edition) -> datetime | None:
    """The first instant at which nobody may submit any more; None where the edition leaves it open."""
    window = edition.window("submission")
    return window.closes if window else None


def slug_of(number: str, category: str) -> str:
    """The number of the case that a submission becomes: 2020-0137 in category cy is 2020-cy-0137."""
    year, _, serial = number.partition("-")
    return f"{year}-{category}-{serial}"


def require_in_time(edition: Edition, now: datetime, exception: str) -> None:
    """Refuse to decide, or to undo, after the deadline unless it is recorded as an exception."""
    closes = deadline(edition)
    if closes is not None and now >= closes and not exception:
        message = f"Screening of {edition.id} ended at {closes.isoformat()}; it is {now.isoformat()}"
        raise PingxuanError(message, "Nothing was decided. An exception is recorded with its reason: --exception WHY")


def require_state(edition: Edition, number: str, state: str, outcome: Outcome | None, now: datetime) -> None:
    """Refuse what a submission in this state cannot become. outcome: None for undo."""
    if outcome is None:
        if state not in {made.state for made in Outcome}:
            raise PingxuanError(f"{number} is {state}: there is no decision to undo", "See: python publish.py pull")
        return
    allowed = {"submitted", "returned"} if outcome is Outcome.DECLINE else {"submitted"}
    if state not in allowed:
        advice = "Undo that first." if state in {"passed", "declined"} else "It must be submitted to be decided."
        raise PingxuanError(f"{number} is {state}: it cannot be decided {outcome.value}", advice)
    closes = submission_closes(edition)
    if outcome is Outcome.RETURN and closes is not None and now >= closes:
        message = f"{number} cannot be returned: nobody can submit to {edition.id} since {closes.isoformat()}"
        raise PingxuanError(message, "Pass it or decline it; a return would leave it without a way back.")


def require_reason(outcome: Outcome, reason: str) -> str:
    """The reason on one line. Raises PingxuanError where one is needed and none is given."""
    line = cleaning.line(reason)
    if outcome.needs_reason and cleaning.blank(line):
        raise PingxuanError(f"{outcome.value} without a reason", "The entrant is told why: --reason WHY")
    return line


def parse_decisions(source: Source) -> dict[str, Decision]:
    """The decisions that screening.toml holds, by number; faults go to the source's findings."""
    table = source.parse()
    entries = table.tables("decisions")
    decisions = [_decision(entry) for entry in entries]
    table.note_repeats("decisions", [entry.data.get("number") for entry in entries], "number")
    table.done()
    return {decision.number: decision for decision in decisions if decision}


def check_decisions(edition: Edition, source: Source) -> dict[str, Decision]:
    """The decisions, held against their edition too: a date after the deadline, a case that is not there."""
    decisions = parse_decisions(source)
    closes, cases = deadline(edition), {case.slug for case in edition.cases}
    for place, decision in enumerate(decisions.values()):
        if closes is not None and decision.at >= closes and not decision.exception:
            allowed = f'a date before {closes.isoformat()}, or exception = "why"'
            source.note(f"decisions[{place}].date", decision.at.isoformat(), allowed)
        if decision.case and decision.case not in cases:
            source.note(f"decisions[{place}].case", shown(decision.case), "the number of a case of this edition")
    return decisions


def dump_decisions(decisions: Iterable[Decision]) -> str:
    """screening.toml: the same decisions always give the same text."""
    ordered = sorted(decisions, key=lambda decision: (len(decision.number), decision.number))
    return "\n".join([HEADER, *map(_entry, ordered)])


def _decision(table: Table) -> Decision | None:
    known = len(table.source.findings)
    number = table.matching("number", NUMBER, _NUMBER_ALLOWED)
    outcome = Outcome(table.one_of("decision", [outcome.value for outcome in Outcome]))
    case = table.matching("case", "[a-z0-9][a-z0-9-]{0,39}", "the number of a case", "")
    reason, by, exception = table.text("reason", ""), table.text("by"), table.text("exception", "")
    at = table.value("date", datetime, "a time with its offset, such as 2019-10-29T16:00:00+08:00")
    if at is not None and at.tzinfo is None:
        table.note("date", shown(at), "a time with its offset, such as 2019-10-29T16:00:00+08:00")
    right = table.data.get("decision") == outcome.value  # else that is told already
    if right and outcome.needs_reason and not reason.strip():
        table.note("reason", "missing", f"why, since the decision is {outcome.value}")
    if right and bool(case) != (outcome is Outcome.PASS):
        table.note("case", shown(case) if case else "missing", "the number of the case, for a pass alone")
    table.done()
    return None if len(table.source.findings) > known else Decision(number, outcome, case, reason, at, by, exception)


def _entry(decision: Decision) -> str:
    lines = {
        "number": _text(decision.number),
        "decision": _text(decision.outcome.value),
        "case": _text(decision.case),
        "reason": _text(decision.reason),
        "date": decision.at.isoformat(timespec="seconds"),
        "by": _text(decision.by),
        "exception": _text(decision.exception),
    }
    said = "".join(f"{key} = {value}\n" for key, value in lines.items() if value != '""')
    return f"[[decisions]]\n{said}"


def _text(text: str) -> str:
    return re.sub("[\x7f]", "", json.dumps(cleaning.line(text), ensure_ascii=False))
