"""An entrant's draft, from the first mail to the last save; and taking it back.

Knows the order of the questions; the form's rules are awards.submission's, what is kept of answers awards.drafts'.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Protocol
from zoneinfo import ZoneInfo

from awards import calls as rules
from awards.cleaning import folded
from awards.drafts import kept
from awards.numbers import email as read_email
from awards.submission import Finality
from chalicelib import placing, tokens
from chalicelib.drafts import Draft, State
from chalicelib.entries import TRIES, Asked, Entries, body_of, check_open, marked
from chalicelib.entry_refused import malformed, refused, shown
from chalicelib.incoming import Incoming
from chalicelib.refused import UnavailableError

LANGUAGES = ("zh-CN", "en")
LOOPBACK = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?")


class Mail(Protocol):
    """Who sends mail: kept when send() returns, and on its way."""

    def send(self, kind: str, to: str, language: str, values: Mapping[str, object]) -> object:
        """Send a message of a kind, in a language."""


class Drafting:
    """Creating, reading, saving, withdrawing. hall: the address under which pages are reached, for links."""

    def __init__(self, entries: Entries, mail: Mail, hall: str) -> None:
        self._entries = entries
        self._mail = mail
        self._hall = hall

    def call(self, edition: str) -> dict[str, object]:
        """What the hall shows of a call: public."""
        now, call = self._entries.clock.now(), self._entries.call(edition)
        where = {"edition": edition, "state": rules.state(call, now).value, **rules.times(call)}
        local = now.astimezone(ZoneInfo(call.edition.zone))
        return {**where, "now": local.isoformat(timespec="milliseconds"), "version": call.version}

    def create(self, edition: str, request: Incoming) -> dict[str, object]:
        """A new draft, whose link goes out by mail."""
        now = self._entries.clock.now()
        self._entries.check_page(request)
        call, asked = self._entries.call(edition), body_of(request)
        check_open(call, now)
        to, language = _email(asked.get("email")), asked.get("language", call.edition.language)
        if language not in LANGUAGES:
            raise malformed("language", "语言应为 zh-CN 或 en。", "The language must be zh-CN or en.")
        hall = self._hall_of(request)
        self._entries.quotas.draft(edition, self._entries.address(request), to, now)
        token, when = tokens.new_token(), now.isoformat()
        known = tokens.hashed(token)
        draft = Draft(edition, tokens.new_id(), known, to, str(language), created=when, changed=when)
        if not self._entries.store.create(draft):
            raise UnavailableError("an id came twice", "Look at the machine's source of randomness")
        link = f"{hall}/{edition}/apply/#{draft.draft}.{token}"
        closes = rules.times(call)["closes"]
        values = {"edition": edition, "title": call.edition.title, "link": link, "closes": closes}
        self._mail.send("link", to, draft.language, values)
        return {"draft": draft.draft, "token": token, "revision": draft.revision, "closes": closes}

    def read(self, edition: str, draft: str, request: Incoming) -> dict[str, object]:
        """A draft as its entrant sees it."""
        asked = self._entries.asked(edition, draft, request)
        found, checked = asked.draft, asked.checked(Finality.DRAFT)
        told = found.decisions[-1:] if found.state in {State.RETURNED, State.DECLINED} else ()
        return {
            "draft": found.draft,
            "state": str(found.state),
            "revision": found.revision,
            "language": found.language,
            "email": found.email,
            "answers": found.answers,
            "files": [asdict(each) for each in found.files],
            "faults": shown(checked.faults),
            "missing": shown(checked.missing),
            "reasons": [each["reason"] for each in told],
            "number": found.number,
            "submitted": found.submitted,
            "call": rules.state(asked.call, asked.now).value,
            "closes": rules.times(asked.call)["closes"],
            "now": asked.now.astimezone(ZoneInfo(asked.call.edition.zone)).isoformat(timespec="milliseconds"),
        }

    def save(self, edition: str, draft: str, request: Incoming) -> dict[str, object]:
        """Save answers on top of the revision that the page knows; nothing later is written over."""
        asked = self._entries.asked(edition, draft, request)
        said = body_of(request)
        asked.check_open()
        revision, answers = revision_of(said), said.get("answers")
        if not isinstance(answers, dict):
            raise malformed("answers", "answers 应为 JSON 对象。", "answers must be a JSON object.")
        fresh = kept(asked.call.edition.form, answers)

        def change(found: Draft) -> Draft:
            later = Asked(asked.call, found, asked.now)
            later.check_open()
            if found.revision == revision + 1 and found.answers == fresh:
                return found  # saved before; the answer was lost
            check_revision(found, revision)
            return marked(found, asked.now, answers=fresh, revision=revision + 1)

        after = self._entries.changed(asked, change)
        checked = Asked(asked.call, after, asked.now).checked(Finality.DRAFT)
        return {"revision": after.revision, "faults": shown(checked.faults), "missing": shown(checked.missing)}

    def withdraw(self, edition: str, draft: str, request: Incoming) -> dict[str, object]:
        """Take a draft or submission back; the place that it held is free."""
        asked = self._entries.asked(edition, draft, request)
        body_of(request)
        store, found = self._entries.store, asked.draft
        for _ in range(TRIES):
            if found.state is State.WITHDRAWN:
                return {"state": str(found.state)}
            if not found.state.withdrawable:
                raise refused("decided", state=str(found.state))
            after = marked(found, asked.now, state=State.WITHDRAWN, unit="")
            if store.replace(found, after, placing.freed(store, found)):
                return {"state": str(after.state)}
            found = store.draft(edition, draft) or found
            placing.pause()
        raise UnavailableError("a draft is being changed all the time", "Nothing is to be done: the page tries again")

    def _hall_of(self, request: Incoming) -> str:
        """The address of the hall. A Host header is anybody's to write: believed where it leads to nobody else."""
        host = ",".join(request.values("host"))
        if self._hall or LOOPBACK.fullmatch(host):
            return self._hall or f"http://{host}"
        raise UnavailableError("PINGXUAN_ORIGINS is not set, so no link can be mailed", "Set it to the hall's address")


def revision_of(said: Mapping[str, object]) -> int:
    """The revision that a page knows."""
    revision = said.get("revision")
    if not isinstance(revision, int) or isinstance(revision, bool) or not 0 < revision < 2**53:
        raise malformed("revision", "revision 应为正整数。", "revision must be a whole number from 1.")
    return revision


def check_revision(found: Draft, revision: int) -> None:
    """Raise RefusedError where somebody saved since."""
    if found.revision != revision:
        raise refused("stale", revision=found.revision, changed=found.changed)


def _email(told: object) -> str:
    found = read_email(folded(told)) if isinstance(told, str) and len(told) < 1000 else None
    if found is None:
        raise malformed(
            "email", "请填写有效的电子邮箱，例如 name@example.com。", "Please write a valid e-mail address."
        )
    return found
