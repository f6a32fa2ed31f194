"""A request as it arrived: headers with all their values, the peer, the body. Refuses what no ballot can be read from.

Knows the event behind Chalice's request (events.py made it), since that keeps only the last of several headers of one
name.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast
from urllib.parse import parse_qs

from chalice.app import Request

from awards.ballot import Fault
from chalicelib.refused import malformed, refused

LIMIT = 64 * 1024  # bytes: a ballot of a thousand cases is still read, and told that it has a thousand
LARGE = 1_000_000  # bytes of a draft; a full form has a tenth of it
LARGELY = re.compile(r"/api/editions/[^/]+/drafts/[^/]+")
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def limit_of(path: str | None) -> int:
    """How many bytes of a body are read at a path."""
    return LARGE if path and LARGELY.fullmatch(path) else LIMIT


@dataclass(frozen=True)
class Incoming:
    """headers: lower-case name -> values. peer: the address that connected. query: name -> last value."""

    headers: Mapping[str, Sequence[str]]
    peer: str
    body: bytes
    query: Mapping[str, str]

    @classmethod
    def of(cls, request: "Request | Incoming") -> "Incoming":
        """What Chalice's request holds; a gateway in process has read it already."""
        if isinstance(request, Incoming):
            return request
        event = request.to_original_event()
        query = event["multiValueQueryStringParameters"] or {}
        return cls(
            headers=event["multiValueHeaders"],
            peer=event["requestContext"]["identity"]["sourceIp"],
            body=cast("bytes", request.raw_body),
            query={name: values[-1] for name, values in query.items()},
        )

    def values(self, name: str) -> list[str]:
        """The values of a header that say something."""
        return [value for value in self.headers.get(name, ()) if value.strip()]

    @cached_property
    def kind(self) -> str:
        """The content type, without parameters."""
        return ",".join(self.values("content-type")).partition(";")[0].strip().lower()

    @property
    def form(self) -> bool:
        """Whether a plain form was posted."""
        return self.kind == FORM

    @property
    def reads_pages(self) -> bool:
        """Whether a person reads the answer, in a page, rather than a script."""
        return self.form or (self.kind != JSON and "text/html" in ",".join(self.values("accept")))

    def check(self) -> None:
        """Refuse a body that is too large or neither JSON nor a form."""
        if len(self.body) > LIMIT:
            raise refused("too_large")
        if self.kind not in (JSON, FORM):
            raise refused("wrong_type")

    def json(self) -> object:
        """The decoded JSON."""
        try:
            return cast("object", json.loads(self.body))
        except (ValueError, RecursionError) as error:
            raise malformed((Fault("ballot", "不是有效的 JSON", "This is not valid JSON"),)) from error

    def fields(self) -> dict[str, list[str]]:
        """The values of the form."""
        try:
            return parse_qs(self.body.decode(), keep_blank_values=True, errors="strict")
        except ValueError as error:
            raise malformed((Fault("ballot", "不是有效的表单", "This is not a valid form"),)) from error
