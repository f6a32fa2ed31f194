"""From a voter to the slot that its votes are kept in, by a keyed hash: no address is ever stored (VOTES 2).

K, the key of an edition and span, is made by create-if-absent and kept for the next vote. Nobody uses a key that was
not stored first, and a caller's word makes no key.
"""

import hmac
from collections.abc import Sequence

from awards.ballot import BallotPaper, span_of
from chalicelib.store import Slot, SQLiteStore

KEPT = 64  # keys in memory: editions and days of one running server


class Slots:
    """The slots of a store."""

    def __init__(self, store: SQLiteStore) -> None:
        self._store = store
        self._keys: dict[tuple[str, str], hmac.HMAC] = {}  # begun with the key, copied for each hash

    def of_now(self, paper: BallotPaper, period: str, subject: str) -> Slot:
        """The slot of a subject in a period that is open; its key is made if nobody has."""
        return _slot(self._made(paper.edition, period), paper, period, subject)

    def known(self, paper: BallotPaper, period: str, subject: str) -> Slot | None:
        """The slot of a subject in a period that somebody names; None where nobody voted then."""
        key = self._store.key(paper.edition, span_of(period))
        return None if key is None else _slot(_begun(key), paper, period, subject)

    def token(self, edition: str, period: str, subject: str, cases: Sequence[str]) -> str:
        """What our page tells this subject alone, so that a form that has it was sent from our page."""
        text = "|".join(("confirm", subject, *cases))
        return _hash(self._made(edition, period), text).hex()[:32]

    def _made(self, edition: str, period: str) -> hmac.HMAC:
        span = edition, span_of(period)
        if span not in self._keys:
            if len(self._keys) >= KEPT:
                self._keys.clear()
            self._keys[span] = _begun(self._store.make_key(*span))
        return self._keys[span]


def _slot(begun: hmac.HMAC, paper: BallotPaper, period: str, subject: str) -> Slot:
    text = f"{paper.rule.subject}/{paper.rule.per}|{period}|{subject}"
    return Slot(paper.edition, period, _hash(begun, text)[:16])


def _begun(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod="sha256")


def _hash(begun: hmac.HMAC, text: str) -> bytes:
    going = begun.copy()
    going.update(text.encode())
    return going.digest()
