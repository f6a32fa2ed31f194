"""Who asks about which draft, and whether anything is taken at this moment: how every request of an entrant begins.

Knows the order of these questions. An unknown draft and a wrong token are one refusal, found in the same time. The time
is taken once, when a request arrives: nothing that takes long afterwards makes it late, or in time.
"""

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from awards import calls as rules
from awards.calls import Call
from awards.submission import Checked, Facts, Finality, check, facts_of
from chalicelib import tokens
from chalicelib.calls import Calls
from chalicelib.clock import Clock
from chalicelib.drafts import Draft
from chalicelib.entry_refused import malformed, refused
from chalicelib.incoming import JSON, LARGE, Incoming
from chalicelib.origin import Page, own_origins, page_of
from chalicelib.quotas import Quotas
from chalicelib.refused import RefusedError, UnavailableError
from chalicelib.submission_store import LARGEST, SubmissionStore, text_of
from chalicelib.trust import Trust

ID = re.compile("[0-9a-f]{16}")
TRIES = 30  # of a change that others' changes overtake


@dataclass(frozen=True)
class Asked:
    """A request about a draft. draft: as it was when it was read. now: when the request arrived."""

    call: Call
    draft: Draft
    now: datetime

    def check_open(self) -> None:
        """Raise RefusedError where nothing is taken any more, or yet, or this draft was handed in."""
        if not self.draft.state.editable:
            raise refused("not_a_draft", state=str(self.draft.state))
        check_open(self.call, self.now)

    def checked(self, finality: Finality) -> Checked:
        """The answers held against the form."""
        return check(self.call.edition.form, self.draft.answers, self.facts, finality)

    @property
    def facts(self) -> Facts:
        """What the form must know of the edition."""
        return facts_of(self.call.edition)


class Entries:
    """The drafts of all editions. origins: of this hall; empty for those of the host that is asked."""

    def __init__(self, store: SubmissionStore, trust: Trust, clock: Clock, origins: Collection[str] = ()) -> None:
        self.store = store
        self.quotas = Quotas(store)
        self.clock = clock
        self._calls = Calls(store)
        self._trust = trust
        self._origins = origins

    def call(self, edition: str) -> Call:
        """The call in force. Raises RefusedError where there is none."""
        return self._calls.call(edition)

    def asked(self, edition: str, draft: str, request: Incoming) -> Asked:
        """What a request is about. Raises RefusedError where its page or its token does not open it."""
        now = self.clock.now()
        self.check_page(request)
        call = self.call(edition)
        found = self.store.draft(edition, draft) if ID.fullmatch(draft) else None
        if not tokens.opens(bearer(request), found.token if found else tokens.NOBODY) or found is None:
            raise refused("no_such_draft")
        return Asked(call, found, now)

    def check_page(self, request: Incoming) -> None:
        """Raise RefusedError where a page of somebody else asks."""
        ours = self._origins or own_origins(",".join(request.values("host")))
        if page_of(request.values("origin"), request.values("referer"), ours) is Page.FOREIGN:
            raise refused("foreign_origin")

    def address(self, request: Incoming) -> str:
        """Who asks, by address."""
        return self._trust.subject(request.peer, request.headers)

    def changed(self, asked: Asked, change: Callable[[Draft], Draft]) -> Draft:
        """Change what others may be changing too: the change is made anew on what they left. The draft after it."""
        draft: Draft | None = asked.draft
        for _ in range(TRIES):
            if draft is None:
                break
            after = change(draft)
            if after == draft:
                return after
            fits(after)
            if self.store.replace(draft, after):
                return after
            draft = self.store.draft(draft.edition, draft.draft)
        raise UnavailableError("a draft is being changed all the time", "Nothing is to be done: the page tries again")


def check_open(call: Call, now: datetime) -> None:
    """Raise RefusedError where the call is not open."""
    if refusal := rules.check(call, now):
        raise RefusedError(refusal, **rules.times(call))


def bearer(request: Incoming) -> str:
    """The token that a request bears; empty where it bears none."""
    kind, _, token = ",".join(request.values("authorization")).strip().partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def body_of(request: Incoming) -> dict[str, object]:
    """The JSON object that a request sends; an empty body is an empty one."""
    if len(request.body) > LARGE:
        raise refused("too_large")
    if not request.body.strip():
        return {}
    if request.kind != JSON:
        raise refused("wrong_type")
    try:
        said = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise malformed("", "不是有效的 JSON。", "This is not valid JSON.") from error
    if not isinstance(said, dict):
        raise malformed("", "请求应为 JSON 对象。", "The request must be a JSON object.")
    return said


def fits(draft: Draft) -> None:
    """Raise RefusedError where a draft is larger than stores hold."""
    if len(text_of(draft).encode()) > LARGEST:
        raise refused("too_large")


def marked(draft: Draft, now: datetime, **changes: object) -> Draft:
    """The draft with changes made now."""
    return replace(draft, changed=now.isoformat(), **changes)  # type: ignore[arg-type]  # names of its own fields
