"""A decision of screening carried out: the case written, the decision recorded, the store told; and undone again.

Knows the order of the steps, so that each moment leaves something that can be finished: first the case and
screening.toml, then the store, on the condition that nobody changed the submission since it was pulled. Where the store
refuses, files are put back as they were. After a crash in between, the same decision asked again finishes it. Mail is
another step, after all this.
"""

import fcntl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from chalicelib import placing
from chalicelib.drafting import Mail
from chalicelib.drafts import Draft, State
from chalicelib.entries import marked
from chalicelib.submission_store import Moved

from awards import screening
from awards.calls import Call
from awards.content import read_text
from awards.errors import FindingsError, PingxuanError
from awards.model import Edition, Window
from awards.screening import Decision, Outcome
from awards.tables import Source
from desk import casewriting, files, pulled
from desk.casewriting import Made
from desk.pulled import Pulled
from desk.submitted import Submitted

UNDO = "undo"
NAME = "screening.toml"
_AGAIN = "Somebody changed it at this moment. Pull again, look, and decide."


@dataclass
class Register:
    """screening.toml of an edition's folder. decisions: by number."""

    path: Path
    decisions: dict[str, Decision] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> "Register":
        """The register of an edition. Raises FindingsError if it cannot be read."""
        path = folder / NAME
        source = Source(f"{folder.name}/{NAME}", "")
        if path.is_file():
            source.text = read_text(path, source.path, source.findings)
        decisions = screening.parse_decisions(source)
        if source.findings:
            raise FindingsError(sorted(source.findings))
        return cls(path, decisions)

    def put(self, number: str, decision: Decision | None) -> None:
        """Record a decision, or that there is none; the file is replaced whole."""
        kept = {key: each for key, each in self.decisions.items() if key != number}
        if decision is not None:
            kept[number] = decision
        if kept:
            files.replace(self.path, screening.dump_decisions(kept.values()).encode(), "Nothing was decided.")
        else:
            self.path.unlink(missing_ok=True)
        self.decisions = kept


@dataclass(frozen=True)
class Desk:
    """Where an editor decides.

    folder: the edition's. by: the editor's name. exception: why after the deadline. note: recorded with each decision
    where there is no exception: that the time was played.
    """

    edition: Edition
    folder: Path
    place: Submitted
    mail: Mail
    by: str
    register: Register
    now: Callable[[], datetime]
    exception: str = ""
    note: str = ""

    def time(self) -> datetime:
        """Now, in whole seconds of the edition's zone."""
        return self.now().astimezone(ZoneInfo(self.edition.zone)).replace(microsecond=0)


@contextmanager
def alone(var: Path, edition: str) -> Iterator[None]:
    """Let nobody else on this machine decide on this edition meanwhile."""
    folder = pulled.folder_of(var, edition)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"Another screening of {edition} runs on this machine"
            raise PingxuanError(message, "Finish it first, or wait until it has ended.") from error
        yield


def decide(desk: Desk, one: Pulled, outcome: Outcome, reason: str) -> Decision:
    """Carry out a decision. Raises PingxuanError, and nothing was changed."""
    before, known = _current(desk, one), desk.register.decisions.get(one.number)
    unfinished = known is not None and known.outcome is outcome is Outcome.PASS and before.state is State.SUBMITTED
    if known is None or not unfinished:
        _require(desk, before, outcome)
        reason = screening.require_reason(outcome, reason)
    made = casewriting.make(desk.edition, one) if outcome is Outcome.PASS else None
    if made:
        casewriting.check(desk.folder, made)
    if made and not unfinished:
        casewriting.require_free(desk.folder, made.slug)
    decision = Decision(
        one.number, outcome, made.slug if made else "", reason, desk.time(), desk.by, desk.exception or desk.note
    )
    if known and unfinished:
        decision = known
    _carry_out(desk, one, before, decision, made)
    return decision


def undo(desk: Desk, one: Pulled) -> None:
    """Take back what was decided last: case, pictures, record, and the state in the store."""
    before, known = _current(desk, one), desk.register.decisions.get(one.number)
    _require(desk, before, None)
    if before.state is State.RETURNED and dict(before.decisions[-1]).get("revision") != str(before.revision):
        message = f"{one.number} was returned, and its entrant works on it already"
        raise PingxuanError(message, "Wait until it is submitted again; or decline it.")
    places = _taken_again(desk, one, before) if before.state is State.DECLINED else (before.unit, ())
    said = {"decision": UNDO, "reason": "", "at": desk.time().isoformat(), "by": desk.by}
    after = marked(before, desk.time(), state=State.SUBMITTED, unit=places[0], decisions=(*before.decisions, said))
    kept = casewriting.files_of(desk.folder, known.case) if known else {}
    try:
        if known and known.case:
            casewriting.remove(desk.folder, known.case)
        desk.register.put(one.number, None)
        _replace(desk, one, before, after, places[1])
    except BaseException:
        _put_back(kept)
        desk.register.put(one.number, known)
        raise


def tell(desk: Desk, one: Pulled, decision: Decision) -> None:
    """Send the entrant the decision by mail; it waits in the outbox until it is sent."""
    desk.mail.send(decision.outcome.state, one.draft.email, one.draft.language, values_of(desk.edition, one, decision))


def values_of(edition: Edition, one: Pulled, decision: Decision) -> dict[str, object]:
    """What the mail of a decision says."""
    closes = screening.submission_closes(edition)
    return {
        "edition": edition.id,
        "title": edition.title,
        "case": pulled.shown(one, edition.form.case.title),
        "number": one.number,
        "reason": decision.reason,
        "closes": closes and closes.isoformat(),
    }


def _current(desk: Desk, one: Pulled) -> Draft:
    """The submission as the store has it, which must be as it was pulled."""
    found = desk.place.store.draft(desk.edition.id, one.draft.draft)
    again = f"python publish.py pull {desk.edition.id}{desk.place.option}"
    if found is None:
        raise PingxuanError(f"{one.number} is not in the store any more", f"Run: {again}")
    if not pulled.same(found, one.draft):
        raise PingxuanError(f"{one.number} was changed since it was pulled ({found.state})", f"Run: {again}")
    return found


def _require(desk: Desk, before: Draft, outcome: Outcome | None) -> None:
    screening.require_state(desk.edition, before.number, str(before.state), outcome, desk.time())
    screening.require_in_time(desk.edition, desk.time(), desk.exception)


def _carry_out(desk: Desk, one: Pulled, before: Draft, decision: Decision, made: Made | None) -> None:
    said = {"decision": decision.outcome.value, "reason": decision.reason, "at": decision.at.isoformat()}
    said |= {"by": decision.by, "revision": str(before.revision)}
    declined = decision.outcome is Outcome.DECLINE
    changes = {"state": State(decision.outcome.state), "decisions": (*before.decisions, said)}
    after = marked(before, desk.time(), **changes, unit="" if declined else before.unit)
    known = desk.register.decisions.get(decision.number)
    try:
        if made:
            casewriting.write(desk.folder, made)
        desk.register.put(decision.number, decision)
        _replace(desk, one, before, after, placing.freed(desk.place.store, before) if declined else ())
    except BaseException:
        if made and known != decision:
            casewriting.remove(desk.folder, made.slug)
        desk.register.put(decision.number, known)
        raise


def _replace(desk: Desk, one: Pulled, before: Draft, after: Draft, places: tuple[Moved, ...]) -> None:
    """Tell the store, and then the pulled copy, which is what the next decision compares with."""
    if not desk.place.store.replace(before, after, places):
        raise PingxuanError(f"{before.number} was not decided", _AGAIN)
    pulled.put(one, after)


def _taken_again(desk: Desk, one: Pulled, before: Draft) -> tuple[str, tuple[Moved, ...]]:
    """The place that a declined submission had, if it is still free."""
    call = Call(0, desk.edition, Window(None, None))
    unit, places, over = placing.taken(desk.place.store, call, before, one.checked(desk.edition))
    if over:
        message = f"{one.number} cannot be taken back: {over[0].en}"
        raise PingxuanError(message, "Its place was taken since. Nothing was changed.")
    return unit, places


def _put_back(kept: Mapping[Path, bytes]) -> None:
    for path, data in kept.items():
        if not path.exists():
            files.replace(path, data, "Undo the decision, then decide again: that makes it anew.")
