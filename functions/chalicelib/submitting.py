"""Handing a draft in: once, whole, in time, within the limits.

Knows the order of the questions. State, number and places are written in one transaction, on the condition that draft
and places are what was checked; who is overtaken checks again. Asked again, it gives the same answer, at any time.
"""

import logging
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from awards.answers import Fault
from awards.errors import PingxuanError
from awards.formmodel import Form
from awards.submission import Checked, Finality
from awards.uploads import Upload
from chalicelib import placing
from chalicelib.drafting import Mail, check_revision, revision_of
from chalicelib.drafts import Draft, State
from chalicelib.entries import Asked, Entries, body_of, marked
from chalicelib.entry_refused import faulty
from chalicelib.incoming import Incoming
from chalicelib.refused import UnavailableError

log = logging.getLogger("pingxuan")

# A hundred who hand in for one unit at once: each try of all lets one through, so the last needs a hundred.
TRIES = 120


class Submitting:
    """Handing in."""

    def __init__(self, entries: Entries, mail: Mail) -> None:
        self._entries = entries
        self._mail = mail

    def submit(self, edition: str, draft: str, request: Incoming) -> dict[str, object]:
        """Hand a draft in, as the page knows it; or raise everything that is in the way."""
        asked = self._entries.asked(edition, draft, request)
        revision, number = revision_of(body_of(request)), asked.draft.number
        for _ in range(TRIES):
            if asked.draft.state.received:
                return _receipt(asked.draft)
            checked = _complete(asked, revision)
            unit, places, over = placing.taken(self._entries.store, asked.call, asked.draft, checked)
            if over:
                raise faulty("over_limit", over)
            number = number or self._number(asked)
            after = _submitted(asked, checked, number, unit)
            if self._entries.store.replace(asked.draft, after, places):
                self._tell(asked, after)
                return _receipt(after)
            placing.pause()
            asked = Asked(asked.call, self._entries.store.draft(edition, draft) or asked.draft, asked.now)
        raise UnavailableError("others submit for the same unit all the time", "Nothing is to be done: the page tries")

    def _number(self, asked: Asked) -> str:
        number = self._entries.store.next_number(asked.draft.edition, asked.call.first)
        return f"{asked.call.edition.year}-{number:04}"

    def _tell(self, asked: Asked, draft: Draft) -> None:
        """By mail; it is handed in whether or not that succeeds."""
        values = {
            "edition": draft.edition,
            "title": asked.call.edition.title,
            "case": draft.answers.get(asked.call.edition.form.case.title, ""),
            "number": draft.number,
            "submitted": draft.submitted,
        }
        try:
            self._mail.send("received", draft.email, draft.language, values)
        except PingxuanError as error:
            log.error("no mail tells that %s was received: %s", draft.number, error)  # noqa: TRY400 it says all


def _complete(asked: Asked, revision: int) -> Checked:
    """The answers, in time and whole. Raises RefusedError."""
    asked.check_open()
    check_revision(asked.draft, revision)
    checked = asked.checked(Finality.SUBMISSION)
    faults = (*checked.faults, *_lost(asked.call.edition.form, asked.draft, checked))
    if faults:
        raise faulty("incomplete", faults)
    return checked


def _lost(form: Form, draft: Draft, checked: Checked) -> Iterator[Fault]:
    """A fault for each file that an answer names and nobody uploaded, or that was not found to be what it claims."""
    known = {(each.field, each.type, each.size, each.digest) for each in draft.files if each.done}
    for field in form.fields:
        for upload in checked.values.get(field.key, ()) if field.kind.uploaded else ():  # type: ignore[union-attr]
            if isinstance(upload, Upload) and (field.key, upload.type, upload.size, upload.digest) not in known:
                zh = f"“{field.label_zh}”中的文件“{upload.name}”没有上传成功，请重新上传。"
                yield Fault(field.key, "missing", zh, f"{field.label_en}: please upload {upload.name} again.")


def _submitted(asked: Asked, checked: Checked, number: str, unit: str) -> Draft:
    """The draft, handed in. What a recommending body said stands as long as the same one is named."""
    draft, role = asked.draft, asked.call.edition.form.roles.recommended_by
    said = draft.recommended if draft.recommended and draft.recommended["by"] == checked.values.get(role) else None
    when = asked.now.astimezone(ZoneInfo(asked.call.edition.zone)).isoformat()
    changes = {"state": State.SUBMITTED, "submitted": when, "number": number, "unit": unit, "recommended": said}
    return marked(draft, asked.now, **changes)


def _receipt(draft: Draft) -> dict[str, object]:
    return {"number": draft.number, "submitted": draft.submitted}
