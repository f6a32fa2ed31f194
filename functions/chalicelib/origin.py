"""Which page a vote comes from; otherwise any news page could vote with its readers' addresses (VOTES 2).

A form post is not preflighted, so: a foreign or ``null`` Origin is refused, without Origin the Referer decides, without
both the voter is asked. JSON is preflighted by browsers, so one without Origin comes from no page at all.
"""

from collections.abc import Collection, Sequence
from enum import Enum
from urllib.parse import urlsplit


class Page(Enum):
    """Where a request comes from, as far as it tells."""

    OURS = "ours"
    FOREIGN = "foreign"
    UNTOLD = "untold"


def own_origins(host: str) -> frozenset[str]:
    """The origins of this hall where no setting names them: those of the host that was asked."""
    return frozenset({f"http://{host}", f"https://{host}"}) if host else frozenset()


def page_of(origins: Sequence[str], referers: Sequence[str], allowed: Collection[str]) -> Page:
    """Whether the page is one of ours. origins, referers: the values of those headers."""
    if not origins and not referers:
        return Page.UNTOLD
    told = origins or [_origin(referer) for referer in referers]
    if len(told) == 1 and told[0] in allowed:
        return Page.OURS  # as browsers write it
    ours = {origin.lower().rstrip("/") for origin in allowed}
    return Page.OURS if len(told) == 1 and told[0].strip().lower() in ours else Page.FOREIGN


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return "null"
    return f"{parts.scheme}://{parts.netloc}"
