"""How often one address, mailbox or draft may ask for what costs us or others something.

Knows the numbers and their reasons. An address is kept only as a keyed hash, under a key of the day: what was spent
cannot be led back to it, nor from one day to the next.
"""

import hmac
from datetime import datetime

from chalicelib.entry_refused import refused
from chalicelib.submission_store import SubmissionStore

HOUR = 3600
# An office with one address for the whole building enters its year's cases in one afternoon; a program wants thousands.
DRAFTS = 30
# Each draft sends a mail: nobody's mailbox is to be filled through us. Who lost a link asks again a few times.
MAILS = 5
# A form asks for a dozen files, each tried again on a bad line; each link stands for up to 500 MB.
LINKS = 120


class Quotas:
    """The quotas of a store."""

    def __init__(self, store: SubmissionStore) -> None:
        self._store = store
        self._keys: dict[tuple[str, str], bytes] = {}

    def draft(self, edition: str, address: str, email: str, now: datetime) -> None:
        """Spend a draft of an address, and a mail to a mailbox. Raises RefusedError where none is left."""
        self._spend(edition, f"address|{address}", DRAFTS, now)
        self._spend(edition, f"mailbox|{mailbox(email)}", MAILS, now)

    def link(self, edition: str, draft: str, now: datetime) -> None:
        """Spend a link of a draft. Raises RefusedError where none is left."""
        self._spend(edition, f"links|{draft}", LINKS, now)

    def _spend(self, edition: str, who: str, most: int, now: datetime) -> None:
        seconds = int(now.timestamp())
        ends = seconds - seconds % HOUR + HOUR
        subject = hmac.new(self._key(edition, now), who.encode(), "sha256").hexdigest()[:32]
        if not self._store.spend(f"{edition}/{subject}/{ends}", most, ends):
            raise refused("too_many", retry_after=ends - seconds)

    def _key(self, edition: str, now: datetime) -> bytes:
        span = edition, f"{now:%Y-%m-%d}"
        if span not in self._keys:
            self._keys = {span: self._store.make_key(*span)}
        return self._keys[span]


def mailbox(email: str) -> str:
    """The mailbox behind an address: what follows a + nearly always names the same one (RFC 5233)."""
    local, _, domain = email.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
