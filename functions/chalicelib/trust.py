"""Whose address a request comes from: the peer's, or the one that a named proxy tells (VOTES 1).

``PINGXUAN_TRUST=direct`` (default) takes the peer's address. A request with Forwarded or X-Forwarded-For then proves
a proxy that nobody named, which would make a whole city one voter: nobody votes until the setting is right.
``PINGXUAN_TRUST=gateway`` takes the address that API Gateway saw itself; headers say nothing, but a CDN in front of it
that nobody named shows, and stops the voting in the same way.
``PINGXUAN_TRUST=proxy:X-Real-IP`` takes exactly that header, one address, which the proxy must set itself on every
request. ``PINGXUAN_ORIGIN_SECRET``, if set, must come in X-Origin-Secret, so that nobody goes around the proxy; on
Lambda, where everybody could, it must be set.
The leftmost X-Forwarded-For is the attacker's to choose and is never read. No message holds an address.
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
# What CDNs put on a request: RFC 8586, CloudFront, Cloudflare, Akamai, Alibaba Cloud, Tencent Cloud.
CDN_MARKS = ("cdn-loop", "x-amz-cf-id", "cf-ray", "true-client-ip", "ali-cdn-real-ip", "x-nws-log-uuid")
PORT = re.compile(r"(?:\[([^\[\]]*)\]|([0-9.]+))(?::[0-9]{1,5})?")
CLOUDFRONT = "cloudfront-viewer-address"  # always ends in a port, and writes IPv6 without brackets before it
ADVICE = "Set PINGXUAN_TRUST: direct, gateway on Lambda, or proxy:HEADER with the one header that your proxy sets"

Headers = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Trust:
    """Who is believed.

    header: the proxy's, lower case, None for none. secret: what the proxy must send along, empty for nothing.
    gateway: API Gateway is in front.
    """

    header: str | None = None
    secret: str = ""
    gateway: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> "Trust":
        """The trust that the settings name; whatever could be meant in two ways refuses to start."""
        kind, _, header = settings.get("PINGXUAN_TRUST", "direct").strip().partition(":")
        secret, name = settings.get("PINGXUAN_ORIGIN_SECRET", ""), header.strip().lower()
        on_lambda = "AWS_LAMBDA_FUNCTION_NAME" in settings
        if kind in ("direct", "gateway") and not header:
            if secret:
                raise PingxuanError(f"PINGXUAN_ORIGIN_SECRET names a proxy, PINGXUAN_TRUST={kind} none", ADVICE)
            if on_lambda is (kind == "direct"):
                where = "Lambda has no direct peer" if on_lambda else "only Lambda has a gateway in front"
                raise PingxuanError(f"PINGXUAN_TRUST={kind}, but {where}", ADVICE)
            return cls(gateway=kind == "gateway")
        if kind != "proxy" or not re.fullmatch(r"[a-z0-9-]+", name):
            raise PingxuanError(f"PINGXUAN_TRUST={kind}:{header} is not understood", ADVICE)
        if name in LISTS or name == SECRET_HEADER:
            raise PingxuanError(f"PINGXUAN_TRUST: {header} does not hold one address", f"{ADVICE}, such as X-Real-IP")
        if (secret or on_lambda) and len(secret) < 16:
            said = "is too short" if secret else "is not set, but anybody can reach the gateway around the proxy"
            raise PingxuanError(f"PINGXUAN_ORIGIN_SECRET {said}", "Use at least 16 random characters")
        return cls(name, secret)

    def subject(self, peer: str, headers: Headers) -> str:
        """The voter, by address: what awards.ballot.subject_of makes of it. headers: by lower-case name."""
        self._check(peer, headers)
        try:
            return subject_of(peer if self.header is None else self._told(headers))
        except ValueError:
            said = "the peer has no address" if self.header is None else "the header does not hold one address"
            raise UnavailableError(f"PINGXUAN_TRUST={self}, but {said}", ADVICE) from None  # the cause quotes it

    def _check(self, peer: str, headers: Headers) -> None:
        """Refuse a request that did not come the way the settings say."""
        if self.gateway and _behind_cdn(peer, headers):
            raise UnavailableError("PINGXUAN_TRUST=gateway, but a request came through a CDN", ADVICE)
        if not self.gateway and self.header is None and any(name in headers for name in LISTS):
            raise UnavailableError("PINGXUAN_TRUST=direct, but a request came through a proxy", ADVICE)
        sent = headers.get(SECRET_HEADER, ("",))
        if self.secret and not (len(sent) == 1 and hmac.compare_digest(sent[0].encode(), self.secret.encode())):
            raise UnavailableError("PINGXUAN_ORIGIN_SECRET: a request came without it, around the proxy", ADVICE)

    def _told(self, headers: Headers) -> str:
        """The one address in the proxy's header, its port dropped."""
        values = headers.get(self.header or "", ())
        if len(values) != 1:
            raise ValueError("one header is expected")
        told = values[0].strip()
        if self.header == CLOUDFRONT:
            told = told.rpartition(":")[0].strip("[]")
        bare = PORT.fullmatch(told)
        return (bare[1] or bare[2]) if bare else told

    def __str__(self) -> str:
        return "gateway" if self.gateway else "direct" if self.header is None else f"proxy:{self.header}"


def _behind_cdn(peer: str, headers: Headers) -> bool:
    """Whether the gateway's peer is a CDN: it left a mark, and the gateway added the CDN's address behind another's.

    An edge-optimised REST API has such marks too, but its peer is the voter, who stands first.
    """
    hops = ",".join(headers.get("x-forwarded-for", ())).split(",")
    return len(hops) > 1 and hops[-1].strip() == peer and any(mark in headers for mark in CDN_MARKS)
