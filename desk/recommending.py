"""Recommending bodies: their private links, and the summary of what each recommends.

Knows the store and the form; the page behind a link and its token are chalicelib.recommending's, the table is
summaries.py's. A link opens what named its body: it goes to that body alone.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chalicelib import mail as mails
from chalicelib import recommending
from chalicelib.cells import Words
from chalicelib.clock import Clock
from chalicelib.drafts import Draft, State
from chalicelib.mail_settings import Post
from chalicelib.submission_store import SubmissionStore
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from awards import calls, cleaning, numbers, screening
from awards.errors import PingxuanError
from awards.model import Edition, Window
from awards.tables import nearest
from desk import files
from desk.summaries import summary_xlsx


@dataclass(frozen=True)
class RecommendingBody:
    """A recommending body. code; name; link: its private page. named: submissions that name it; said: it spoke of."""

    code: str
    name: str
    link: str
    named: int
    said: int


def bodies(edition: Edition, store: SubmissionStore, hall: str) -> list[RecommendingBody]:
    """The recommending bodies of an edition. Raises PingxuanError where its form lists none."""
    codes = _codes(edition)
    named, said = Counter[str](), Counter[str]()
    for draft in _received(edition, store):
        code = str(draft.answers.get(edition.form.roles.recommended_by, ""))
        named[code] += 1
        said[code] += draft.recommended is not None
    return [
        RecommendingBody(code, _name(edition, code), _link(edition, store, hall, code), named[code], said[code])
        for code in codes
    ]


def show(found: list[RecommendingBody], console: Console) -> None:
    """Print the links. Whoever has one sees the contacts of who named that body: send each to its body alone."""
    table = Table("body", "name", "named by", "answered")
    for each in found:
        table.add_row(escape(each.code), escape(each.name), str(each.named), str(each.said))
    console.print(table)
    for each in found:
        console.print(f"{escape(each.name)}\t{escape(each.link)}", soft_wrap=True)


def addressed(found: list[RecommendingBody], asked: Sequence[str]) -> list[tuple[RecommendingBody, str]]:
    """Whom to mail, from words such as lixia=office@example.org. Raises PingxuanError for a body or address unknown."""
    known, planned = {each.code: each for each in found}, []
    for word in asked:
        code, _, told = word.partition("=")
        address = numbers.email(cleaning.folded(told))
        if code not in known or address is None:
            message = f"{word} is no recommending body and its address{nearest(code, known)}"
            raise PingxuanError(message, "Write CODE=ADDRESS, such as lixia=office@example.org. Nothing was mailed.")
        planned.append((known[code], address))
    return planned


def mail(
    edition: Edition, planned: list[tuple[RecommendingBody, str]], post: Post, console: Console, *, yes: bool
) -> None:
    """Show the mails with the links, and send them if that is said."""
    for body, address in planned:
        console.rule(escape(f"{body.name}: {address}"))
        values = _values(edition, body)
        console.print(escape(mails.preview("recommending", edition.language, values)), soft_wrap=True)
        if yes:
            post.mail(Clock(), at_once=True).send("recommending", address, edition.language, values)
    console.rule()
    console.print(f"{len(planned)} mails are on their way." if yes else "Nothing was mailed; add --yes to do it.")


def _values(edition: Edition, body: RecommendingBody) -> dict[str, object]:
    closes = screening.deadline(edition) or screening.submission_closes(edition)
    return {"title": edition.title, "link": body.link, "closes": closes and closes.isoformat()}


def summary(edition: Edition, store: SubmissionStore, code: str, to: Path) -> str:
    """Write what a body recommends as a spreadsheet; what is in it, in words."""
    _codes(edition, code)
    if to.suffix.lower() != ".xlsx":
        raise PingxuanError(f"{to.name} is no .xlsx file", "Name a file that ends in .xlsx.")
    named = [each for each in _received(edition, store) if each.answers.get(edition.form.roles.recommended_by) == code]
    recommended = [each for each in named if each.recommended and each.recommended["recommend"]]
    silent = sum(each.recommended is None for each in named)
    made = summary_xlsx(edition, [each.answers for each in recommended], _name(edition, code))
    files.replace(to, made, "Name another file with --out.")
    left = len(named) - len(recommended) - silent
    return f"{to}: {len(recommended)} recommended; left out: {left} not recommended, {silent} not answered yet."


def _codes(edition: Edition, wanted: str = "") -> tuple[str, ...]:
    codes = recommending.bodies(calls.Call(0, edition, Window(None, None)))
    if not codes:
        advice = "roles.recommended_by must be a field of kind choice: see docs/form.md."
        raise PingxuanError(f"The form of {edition.id} lists no recommending bodies", advice)
    if wanted and wanted not in codes:
        message = f"There is no recommending body {wanted}{nearest(wanted, codes)}"
        raise PingxuanError(message, f"Bodies: {', '.join(codes)}")
    return codes


def _name(edition: Edition, code: str) -> str:
    asked = edition.form.find(edition.form.roles.recommended_by)
    return Words(edition.language == "en", edition).name(asked, code) if asked else code


def _link(edition: Edition, store: SubmissionStore, hall: str, code: str) -> str:
    token = recommending.token_of(store, edition.id, code)
    return f"{hall.rstrip('/')}/{edition.id}/recommending/#{code}.{token}"


def _received(edition: Edition, store: SubmissionStore) -> Iterator[Draft]:
    gone = {State.WITHDRAWN, State.DRAFT}
    yield from sorted(
        (each for each in store.drafts(edition.id) if each.number and each.state not in gone),
        key=lambda each: (len(each.number), each.number),
    )
