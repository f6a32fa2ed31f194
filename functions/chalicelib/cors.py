"""Votes from partners' pages: what a browser asks before it sends JSON, and who may read the answer (Fetch standard).

The origin that asks is named in the answer, never all of them: votes are not for any page. Cookies play no part.
What everybody may read (status, tally.json) says so in answers.py and files.py.
"""

from chalice.app import Response

from chalicelib import answers
from chalicelib.incoming import Incoming
from chalicelib.origin import Page, page_of
from chalicelib.refused import refused

ASKED_AGAIN = "600"  # seconds for which a browser need not ask again; an edition may strike a partner off
READABLE = "Retry-After, X-Request-Id"  # what the embed reads besides the body


def preflight(request: Incoming, origins: frozenset[str]) -> Response:
    """Whether a page may send a vote as JSON. origins: of the hall and of the edition's partners."""
    if page_of(request.values("origin"), (), origins) is Page.FOREIGN:
        raise refused("foreign_origin")
    asked = {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": ASKED_AGAIN,
    }
    return answers.allowed("POST, OPTIONS", asked if request.values("origin") else {})


def readable(answer: Response, request: Incoming, origins: frozenset[str]) -> Response:
    """The answer, readable by the page that asked if it is one of these; caches learn that it depends on who asks."""
    answer.headers["Vary"] = "Origin"
    told = request.values("origin")
    if told and page_of(told, (), origins) is Page.OURS:
        answer.headers |= {"Access-Control-Allow-Origin": told[0].strip(), "Access-Control-Expose-Headers": READABLE}
    return answer
