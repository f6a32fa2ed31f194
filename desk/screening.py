"""Screening at the terminal: one after the other, one by its number, or many at once after a preview.

Knows what an editor sees and types; each decision is carried out by deciding.py. Nothing here decides anything by
itself: several decisions are shown first, with the mails that they send, and done only when asked to.
"""

import getpass
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from chalicelib import mail as mails
from chalicelib.cells import Words
from chalicelib.clock import Clock
from chalicelib.mail_settings import Post
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from awards import screening
from awards.answers import Fault
from awards.cleaning import line
from awards.errors import FindingsError, PingxuanError
from awards.formmodel import FormField
from awards.model import Edition
from awards.screening import Outcome
from awards.submission import asked as asked_of
from awards.submission import facts_of
from awards.uploads import Upload
from desk import deciding, pulled
from desk.deciding import Desk, Register
from desk.pulled import Pulled, findings_of
from desk.screensheet import Asked, open_ones
from desk.submitted import Submitted

KEYS = "p pass, r return, d decline, s skip, u undo the last, q quit"
_OUTCOMES = {"p": Outcome.PASS, "r": Outcome.RETURN, "d": Outcome.DECLINE}
Ask = Callable[[str], str]


@contextmanager
def at_desk(  # noqa: PLR0913 each is one thing that an editor may say
    folder: Path,
    edition: Edition,
    place: Submitted,
    var: Path,
    post: Post,
    *,
    by: str,
    exception: str,
    as_of: str | None,
) -> Iterator[Desk]:
    """The desk of an editor, who is alone there. as_of: a time to play, which is recorded as such."""
    start = datetime.now(UTC)
    played = _played(as_of, place.stage) if as_of else start

    def now() -> datetime:
        return played + (datetime.now(UTC) - start)

    with deciding.alone(var, edition.id):
        note, mail = f"--as-of {as_of}" if as_of else "", post.mail(Clock(), at_once=True)
        yield Desk(edition, folder, place, mail, line(by) or editor(), Register.of(folder), now, line(exception), note)


def _played(as_of: str, stage: str | None) -> datetime:
    if stage:
        raise PingxuanError("--as-of plays with the clock; a stage is for real submissions", "Leave one out.")
    try:
        played = datetime.fromisoformat(as_of)
    except ValueError:
        played = datetime.min  # noqa: DTZ901 has no zone, which is told below
    if played.tzinfo is None:
        raise PingxuanError(f"--as-of {as_of} is no time with its offset", "Write 2020-08-24T10:00:00+08:00")
    return played


def editor() -> str:
    """Who decides, if nobody says: the name that git knows, else the account's."""
    try:
        said = subprocess.run(["git", "config", "user.name"], capture_output=True, text=True, check=False)  # noqa: S607
    except OSError:
        return getpass.getuser()
    return said.stdout.strip() or getpass.getuser()


def one(desk: Desk, of: Sequence[Pulled], number: str, word: str, reason: str) -> str:
    """Decide one submission, or undo what was decided; what was done, in words."""
    found = pulled.find(of, number)
    if word == deciding.UNDO:
        deciding.undo(desk, found)
        return f"{number} waits for a decision again."
    return _carried_out(desk, found, Outcome(word), reason)


def many(desk: Desk, of: Sequence[Pulled], planned: Sequence[Asked], console: Console) -> list[str]:
    """Carry out many decisions; those that could not be, each with its reason."""
    failed = []
    for each in planned:
        found = pulled.find(of, each.number)
        try:
            console.print(escape(_carried_out(desk, found, each.outcome, each.reason)), soft_wrap=True)
        except PingxuanError as error:
            failed.append(f"{each.number}: {_told(error)}")
    return failed


def _told(error: PingxuanError) -> str:
    """Why something was not decided: with every finding, since nobody else checks a case that was not written."""
    if isinstance(error, FindingsError):
        found = (f"{each.path}: {each.key}: found {each.found}; allowed: {each.allowed}" for each in error.findings)
        return "Nothing was decided. " + "; ".join(found)
    return f"{error.message}. {error.advice}"


def preview(desk: Desk, of: Sequence[Pulled], planned: Sequence[Asked], console: Console) -> None:
    """Show many decisions and their mails. Raises PingxuanError if one of them could not be taken now."""
    table = Table("number", "title", "decision", "reason", "mail to")
    for each in planned:
        found = pulled.find(of, each.number)
        screening.require_state(desk.edition, each.number, str(found.draft.state), each.outcome, desk.time())
        title = pulled.shown(found, desk.edition.form.case.title)
        row = (each.number, title, each.outcome.value, each.reason, found.draft.email)
        table.add_row(*map(escape, row))
    screening.require_in_time(desk.edition, desk.time(), desk.exception)
    console.print(table)
    counts = ", ".join(
        f"{sum(each.outcome is outcome for each in planned)} {outcome.state}" for outcome in screening.Outcome
    )
    console.print(f"{len(planned)} decisions, a mail for each: {counts}. The first mail of each kind:")
    for outcome in screening.Outcome:
        first = next((each for each in planned if each.outcome is outcome), None)
        if first:
            console.rule()
            console.print(escape(_mail(desk, pulled.find(of, first.number), first)), soft_wrap=True)


def _mail(desk: Desk, found: Pulled, planned: Asked) -> str:
    """What the mail of a decision would say."""
    decision = screening.Decision(planned.number, planned.outcome, "", planned.reason, desk.time(), desk.by)
    values = deciding.values_of(desk.edition, found, decision)
    return mails.preview(planned.outcome.state, found.draft.language, values)


def walk(desk: Desk, of: Sequence[Pulled], ask: Ask, console: Console) -> None:
    """Show what waits for a decision, one after the other, and do what the editor says."""
    waiting, said, last = open_ones(of), findings_of(desk.edition, of), None
    for place, found in enumerate(waiting, 1):
        console.rule(f"{found.number}  ({place} of {len(waiting)})")
        show(desk.edition, found, said[found.number], console)
        last, goes_on = _turn(desk, found, last, ask, console)
        if not goes_on:
            return
    while last and ask("That was the last one: u undo it, q quit").strip().lower() == "u":
        last = _undone(desk, last, console)
    if not waiting:
        console.print("Nothing waits for a decision.")


def _turn(desk: Desk, found: Pulled, last: Pulled | None, ask: Ask, console: Console) -> tuple[Pulled | None, bool]:
    """What an editor does with one submission: what was decided last then, and whether to go on."""
    while True:
        key = ask(f"{found.number}: {KEYS}").strip().lower()
        if key in {"q", "s"}:
            return last, key == "s"
        if key == "u":
            last = _undone(desk, last, console)
        elif key in _OUTCOMES and _decided(desk, found, _OUTCOMES[key], ask, console):
            return found, True


def show(edition: Edition, found: Pulled, faults: Sequence[Fault], console: Console) -> None:
    """A submission as an editor sees it: answers, files, findings; what is public is starred."""
    words = Words(en=edition.language == "en", edition=edition)
    checked = found.checked(edition)
    for asked in asked_of(edition.form, facts_of(edition), checked.values):
        for said in _lines(words, found, asked, checked.values.get(asked.key)):
            console.print(said, soft_wrap=True)
    for fault in faults:
        console.print(f"[bold yellow]! {escape(pulled.told(edition, fault))}[/]", soft_wrap=True)
    if not faults:
        console.print("No findings.")


def _lines(words: Words, found: Pulled, asked: FormField, value: object) -> Iterator[str]:
    label = f"[cyan]{'*' if asked.public else ''}{escape(words.label(asked))}[/]"
    if asked.columns and isinstance(value, tuple):
        yield f"{label}:"
        for row in value:
            cells = (" ".join(words.plain(column, row.get(column.key))) for column in asked.columns)
            yield f"  {escape(' | '.join(cells))}"
        return
    if asked.kind.uploaded and isinstance(value, tuple):
        yield f"{label}:"
        for upload in value:
            if isinstance(upload, Upload):
                yield f"  {escape(upload.name)}: {escape(str(found.file_of(upload.digest) or 'does not open'))}"
        return
    text = words.plain(asked, value) or [str(found.draft.answers.get(asked.key, "") or "—")]
    yield f"{label}: {escape(chr(10).join(text))}"


def _decided(desk: Desk, found: Pulled, outcome: Outcome, ask: Ask, console: Console) -> bool:
    reason = ask("reason (empty: go back)").strip() if outcome.needs_reason else ""
    if outcome.needs_reason and not reason:
        return False
    try:
        console.print(escape(_carried_out(desk, found, outcome, reason)), soft_wrap=True)
    except PingxuanError as error:
        console.print(f"[bold red]{escape(_told(error))}[/]", soft_wrap=True)
        return False
    return True


def _undone(desk: Desk, last: Pulled | None, console: Console) -> Pulled | None:
    if last is None:
        console.print("Nothing was decided here yet; another one: publish.py screen EDITION --case NUMBER undo")
        return None
    try:
        deciding.undo(desk, pulled.read(last.folder))
    except PingxuanError as error:
        console.print(f"[bold red]{escape(_told(error))}[/]", soft_wrap=True)
        return last
    console.print(f"{last.number} waits for a decision again; it comes up the next time.")
    return None


def _carried_out(desk: Desk, found: Pulled, outcome: Outcome, reason: str) -> str:
    """Decide and tell the entrant; what was done, in words. Without mail it is decided all the same."""
    decision = deciding.decide(desk, found, outcome, reason)
    case = f": case {decision.case}" if decision.case else ""
    done = f"{decision.number} is {decision.outcome.state}{case}."
    try:
        deciding.tell(desk, found, decision)
    except PingxuanError as error:
        return f"{done} But no mail tells the entrant: {error.message} {error.advice}"
    return done
