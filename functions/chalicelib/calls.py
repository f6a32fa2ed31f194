"""The calls in force: read from the store, parsed once for each version, asked anew every few seconds."""

import re
import time
from collections.abc import Mapping

from awards import calls as rules
from awards.calls import Call
from awards.errors import PingxuanError
from chalicelib.entry_refused import refused
from chalicelib.refused import UnavailableError
from chalicelib.submission_store import SubmissionStore

EDITION = re.compile("[a-z0-9][a-z0-9-]{0,39}")
LIFE = 2.0  # seconds for which a call is kept, as a ballot paper is


class Calls:
    """The calls of a store."""

    def __init__(self, store: SubmissionStore) -> None:
        self._store = store
        self._kept: dict[str, tuple[float, Call]] = {}

    def call(self, edition: str) -> Call:
        """The call in force. Raises RefusedError where there is none."""
        read, call = self._kept.get(edition, (0.0, None))
        if call is None or time.monotonic() - read >= LIFE:
            stored = self._store.call(edition) if EDITION.fullmatch(edition) else None
            if stored is None:
                raise refused("no_such_edition")
            if call is None or call.version != stored["version"]:
                call = _read(stored)
            self._kept[edition] = time.monotonic(), call
        return call


def _read(stored: Mapping[str, object]) -> Call:
    try:
        return rules.read(stored)
    except PingxuanError as error:
        raise UnavailableError(error.message, error.advice) from error
