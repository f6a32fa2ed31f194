"""The papers of a draft, filled in: the form and the declaration, as Word files.

Knows who may ask and which paper is meant; what it looks like is paper.py's, which is not loaded before it is needed.
"""

from chalicelib.entries import Entries
from chalicelib.entry_refused import malformed, refused
from chalicelib.incoming import Incoming
from chalicelib.turns import Turns

TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
KINDS = ("form", "declaration")
# A full form takes a fifth of a second of the processor that counts votes, one of 49,000 lines two seconds.
AT_ONCE, WAITING, TURN = 2, 4, 5.0


class Papers:
    """The papers of all drafts."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._turns = Turns("papers", AT_ONCE, WAITING, TURN)

    def paper(self, edition: str, draft: str, request: Incoming) -> tuple[str, bytes]:
        """Name and bytes of the paper that is asked for, with the answers as they are."""
        asked, kind = self._entries.asked(edition, draft, request), request.query.get("kind", KINDS[0])
        if kind not in KINDS:
            raise malformed("kind", "kind 应为 form 或 declaration。", "kind must be form or declaration.")
        from chalicelib import paper  # noqa: PLC0415 slow to import, and a vote needs nothing of it

        make = paper.form_docx if kind == KINDS[0] else paper.declaration_docx
        with self._turns.turn():
            data = make(asked.call.edition, asked.draft.answers)
        if data is None:
            raise refused("no_such_paper")
        return f"{edition}-{asked.draft.number or draft}-{kind}.docx", data
