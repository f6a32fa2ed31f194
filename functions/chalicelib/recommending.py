"""What a recommending body sees and says: the submissions that named it, and whether it recommends each.

Knows the order of the questions. A body sees of a submission what its own summary lists and no more; its token comes
from the organisers.
"""

import hmac
import re
from collections.abc import Iterator
from datetime import datetime

from awards.calls import Call
from awards.cleaning import MOST, lines
from awards.submission import Finality, plain
from chalicelib import tokens
from chalicelib.drafts import Draft, State
from chalicelib.entries import Asked, Entries, bearer, body_of, marked
from chalicelib.entry_refused import malformed, refused
from chalicelib.incoming import Incoming
from chalicelib.submission_store import SubmissionStore

SPAN = "recommending"  # of the key that the tokens of an edition's bodies are made of
REASON = 1000  # characters
NUMBER = re.compile(r"[0-9]{4}-[0-9]{4,9}")


def token_of(store: SubmissionStore, edition: str, body: str) -> str:
    """The token of a recommending body, for its private link: /EDITION/recommending/#BODY.TOKEN."""
    return tokens.body_token(store.make_key(edition, SPAN), edition, body)


def bodies(call: Call) -> tuple[str, ...]:
    """The codes of an edition's recommending bodies; none where its form names none by code."""
    asked = call.edition.form.find(call.edition.form.roles.recommended_by)
    return tuple(choice.code for choice in asked.choices) if asked else ()


class Recommending:
    """Listing, and recommending or not."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries

    def listed(self, edition: str, body: str, request: Incoming) -> dict[str, object]:
        """The submissions that named a body."""
        call, now = self._opened(edition, body, request), self._entries.clock.now()
        found = sorted(self._naming(call, body, now), key=lambda asked: asked.draft.number)
        return {"edition": edition, "body": body, "submissions": [_shown(asked) for asked in found]}

    def say(self, edition: str, body: str, number: str, request: Incoming) -> dict[str, object]:
        """Recommend a submission or not; said again, the last word counts."""
        now, call, said = self._entries.clock.now(), self._opened(edition, body, request), body_of(request)
        recommend, reason = said.get("recommend"), said.get("reason", "")
        if not isinstance(recommend, bool):
            raise malformed("recommend", "recommend 应为 true 或 false。", "recommend must be true or false.")
        if not isinstance(reason, str) or len(reason) > min(REASON, MOST):
            raise malformed("reason", f"理由请不超过{REASON}个字符。", f"Please give a reason of at most {REASON}.")
        if not recommend and not lines(reason):
            raise malformed("reason", "不予推荐请写明理由。", "Please say why you do not recommend it.")
        asked = self._of_number(call, body, number, now)
        word = {"recommend": recommend, "reason": lines(reason), "at": now.isoformat(), "by": body}
        self._entries.changed(asked, lambda found: _recommended(asked, found, word))
        return {"number": number, "recommended": word}

    def _opened(self, edition: str, body: str, request: Incoming) -> Call:
        """The call, to a body that shows its token."""
        self._entries.check_page(request)
        call = self._entries.call(edition)
        expected = token_of(self._entries.store, edition, body)
        if not hmac.compare_digest(bearer(request).encode(), expected.encode()) or body not in bodies(call):
            raise refused("no_such_body")
        return call

    def _naming(self, call: Call, body: str, now: datetime) -> Iterator[Asked]:
        role = call.edition.form.roles.recommended_by
        for draft in self._entries.store.drafts(call.edition.id):
            if draft.number and draft.state is not State.WITHDRAWN and draft.answers.get(role) == body:
                yield Asked(call, draft, now)

    def _of_number(self, call: Call, body: str, number: str, now: datetime) -> Asked:
        found = self._naming(call, body, now) if NUMBER.fullmatch(number) else iter(())
        asked = next((each for each in found if each.draft.number == number), None)
        if asked is None:
            raise refused("no_such_submission")
        return asked


def _recommended(asked: Asked, found: Draft, word: dict[str, object]) -> Draft:
    if found.answers.get(asked.call.edition.form.roles.recommended_by) != word["by"]:
        raise refused("no_such_submission")  # its entrant has named another body meanwhile
    if found.state is not State.SUBMITTED:
        raise refused("decided", state=str(found.state))
    return marked(found, asked.now, recommended=word)


def _shown(asked: Asked) -> dict[str, object]:
    """What a body sees of a submission: the answers that its summary and the hall's case list."""
    form, draft = asked.call.edition.form, asked.draft
    columns = [key for column in (form.summary.columns if form.summary else ()) for key in column.fields]
    seen = {form.case.title, form.case.entrant, form.case.category, form.case.field, *columns}
    answers = plain(asked.checked(Finality.DRAFT))
    return {
        "number": draft.number,
        "state": str(draft.state),
        "submitted": draft.submitted,
        "answers": {key: value for key, value in answers.items() if key in seen},
        "recommended": draft.recommended,
    }
