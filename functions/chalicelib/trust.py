"""Whose address a request comes from: the peer's, or the one that a named proxy tells (VOTES 1).

``PINGXUAN_TRUST=direct`` (default) takes the peer's address. A request with Forwarded or X-Forwarded-For then proves
a proxy that nobody named, which would make a whole city one voter: nobody votes until the setting is right.
``PINGXUAN_TRUST=proxy:X-Real-IP`` takes exactly that header, one address, which the proxy must set itself on every
request. ``PINGXUAN_ORIGIN_SECRET``, if set, must come in X-Origin-Secret, so that nobody goes around the proxy.
The leftmost X-Forwarded-For is the attacker's to choose and is never read.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from awards.ballot import subject_of
from awards.errors import PingxuanError
from chalicelib.refused import UnavailableError

SECRET_HEADER = "x-origin-secret"  # noqa: S105 the header's name
LISTS = ("forwarded", "x-forwarded-for")  # grow at every hop, so their start is anybody's
PORT = re.compile(r"(?:\[([^\[\]]*)\]|([0-9.]+))(?::[0-9]{1,5})?")
ADVICE = "Set PINGXUAN_TRUST: direct, or proxy:HEADER with the one header that your proxy sets"

Headers = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Trust:
    """header: the proxy's, lower case, None for direct. secret: what the proxy must send along, empty for nothing."""

    header: str | None = None
    secret: str = ""

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> "Trust":
        """The trust that the settings name; whatever could be meant in two ways refuses to start."""
        kind, _, header = settings.get("PINGXUAN_TRUST", "direct").strip().partition(":")
        secret, name = settings.get("PINGXUAN_ORIGIN_SECRET", ""), header.strip().lower()
        if kind == "direct" and not header:
            if secret:
                raise PingxuanError("PINGXUAN_ORIGIN_SECRET names a proxy, PINGXUAN_TRUST says there is none", ADVICE)
            return cls()
        if kind != "proxy" or not re.fullmatch(r"[a-z0-9-]+", name):
            raise PingxuanError(f"PINGXUAN_TRUST={kind}:{header} is not understood", ADVICE)
        if name in LISTS or name == SECRET_HEADER:
            raise PingxuanError(f"PINGXUAN_TRUST: {header} does not hold one address", f"{ADVICE}, such as X-Real-IP")
        if secret and len(secret) < 16:
            raise PingxuanError("PINGXUAN_ORIGIN_SECRET is too short", "Use at least 16 random characters")
        return cls(name, secret)

    def subject(self, peer: str, headers: Headers) -> str:
        """The voter, by address: what awards.ballot.subject_of makes of it. headers: by lower-case name."""
        try:
            return subject_of(peer if self._checked(headers) is None else self._told(headers))
        except ValueError as error:
            raise UnavailableError(f"PINGXUAN_TRUST={self}: {error}", ADVICE) from error

    def _checked(self, headers: Headers) -> str | None:
        """The trusted header's name, after the request showed that it came the way the settings say."""
        if self.header is None and any(name in headers for name in LISTS):
            raise UnavailableError("PINGXUAN_TRUST=direct, but a request came through a proxy", ADVICE)
        sent = headers.get(SECRET_HEADER, ("",))
        if self.secret and not (len(sent) == 1 and hmac.compare_digest(sent[0].encode(), self.secret.encode())):
            raise UnavailableError("PINGXUAN_ORIGIN_SECRET: a request came without it, around the proxy", ADVICE)
        return self.header

    def _told(self, headers: Headers) -> str:
        """The one address in the proxy's header, its port dropped."""
        values = headers.get(self.header or "", ())
        if len(values) != 1:
            raise ValueError(f"{len(values)} headers where one is expected")
        told = values[0].strip()
        bare = PORT.fullmatch(told)
        return (bare[1] or bare[2]) if bare else told

    def __str__(self) -> str:
        return "direct" if self.header is None else f"proxy:{self.header}"
