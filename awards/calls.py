"""The call of an edition: what it asks of entrants, and when.

Knows the texts of edition.toml and form.toml, the stage "submission" and its window; refuses to know the clock (the
caller brings ``now``), drafts, and who stores a call. The window is half-open: what arrives at the closing instant is
late.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from awards.ballot import Refusal, State
from awards.errors import PingxuanError
from awards.form import parse_form
from awards.model import Edition, Window
from awards.parse import parse_edition
from awards.tables import Source

STAGE = "submission"
ADVICE = "Run: python publish.py open EDITION"
SENTENCES = {
    "not_open": ("申报尚未开始，开始时间：{opens}。", "Submission is not open yet. It opens at {opens}."),
    "closed": ("申报已于 {closes} 截止。", "Submission closed at {closes}."),
}


@dataclass(frozen=True)
class Call:
    """A call in force. version: rises with each change. edition: with its form, without its cases.

    first: the least number that a submission may get.
    """

    version: int
    edition: Edition
    window: Window
    first: int = 1


def window_of(edition: Edition) -> Window | None:
    """When an edition takes submissions; None for one that takes none here."""
    return edition.window(STAGE)


def first_number(edition: Edition) -> int:
    """The number after those of the cases that an edition has: a submission that passes becomes a case of its own."""
    numbered = re.compile(rf"{edition.year}-.+-([0-9]{{1,6}})", re.ASCII)  # as screening.slug_of makes them
    return 1 + max((int(match[1]) for case in edition.cases if (match := numbered.fullmatch(case.slug))), default=0)


def stored(edition: Edition, edition_toml: str, form_toml: str, version: int, first: int = 1) -> dict[str, object]:
    """The call of an edition as a store keeps it: the texts themselves. Raises PingxuanError if there is none."""
    window = window_of(edition)
    if window is None:
        raise PingxuanError(f"{edition.id} takes no submissions", 'Add a stage with code = "submission"')
    times = {side: instant and instant.isoformat() for side, instant in vars(window).items()}
    texts = {"edition_toml": edition_toml, "form_toml": form_toml}
    return {"edition": edition.id, "version": version, "first": first, **texts, **times}


def read(call: Mapping[str, object]) -> Call:
    """The call that stored() made. Raises PingxuanError for what is none."""
    try:
        name, version, first = str(call["edition"]), int(str(call["version"])), int(str(call.get("first", 1)))
        form = Source("form.toml", str(call["form_toml"]))
        text = Source("edition.toml", str(call["edition_toml"]))
    except (KeyError, ValueError) as error:
        raise PingxuanError(f"not a call: {error}", ADVICE) from error
    edition = parse_edition(text, name, parse_form(form))
    window = window_of(edition)
    if form.findings or text.findings or window is None:
        raise PingxuanError(f"the call of {name} in force cannot be read", ADVICE)
    return Call(version, edition, window, first)


def state(call: Call, now: datetime) -> State:
    """Where a call stands; an undecided side does not bound."""
    opens, closes = call.window.opens, call.window.closes
    if opens is not None and now < opens:
        return State.BEFORE
    return State.CLOSED if closes is not None and now >= closes else State.OPEN


def check(call: Call, now: datetime) -> Refusal | None:
    """Why nothing is taken now; None while the call is open."""
    where = state(call, now)
    if where is State.OPEN:
        return None
    code = "not_open" if where is State.BEFORE else "closed"
    zh, en = SENTENCES[code]
    shown = {side: _shown(instant, call.edition.zone) for side, instant in vars(call.window).items()}
    return Refusal(code, zh.format(**shown), en.format(**shown))


def times(call: Call) -> dict[str, str | None]:
    """The window as the API says it."""
    return {side: _local(instant, call.edition.zone) for side, instant in vars(call.window).items()}


def _local(instant: datetime | None, zone: str) -> str | None:
    return None if instant is None else instant.astimezone(ZoneInfo(zone)).isoformat()


def _shown(instant: datetime | None, zone: str) -> str:
    return "" if instant is None else f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
