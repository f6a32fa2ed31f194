"""Between a WSGI server and the app, in process: what API Gateway does on AWS.

Knows WSGI and how an event of a REST API is written. Refuses to know the routes. A header that comes several times
arrives joined by commas, as WSGI has it; names with _ and - cannot be told apart, see docs/decisions.
"""

import base64
import json
import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import parse_qs

from chalice.app import Response

from chalicelib import events, logs
from chalicelib.context import ThreadedChalice
from chalicelib.incoming import LIMIT, Incoming

Environ = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], object]
Reply = tuple[int, Mapping[str, str], bytes]
LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
COMPACT = json.JSONEncoder(separators=(",", ":"), check_circular=False)  # as Chalice writes it
DROPPED = 32 * 1024 * 1024  # bytes of a body that are read at most


def path_of(environ: Environ) -> str | None:
    """The path asked for, decoded; None where it is no text."""
    try:
        return str(environ.get("PATH_INFO", "")).encode("latin-1").decode()
    except UnicodeError:
        return None


def read_body(environ: Environ, limit: int = LIMIT) -> bytes:
    """The body; of one that is too large a byte too many, which shows it.

    The rest is read and dropped, up to a point: who is still sending would see a broken connection, not the answer.
    """
    source = environ["wsgi.input"]
    body = bytes(source.read(limit + 1))
    dropped = len(body)
    while limit < dropped < DROPPED and (more := source.read(LIMIT)):
        dropped += len(more)
    return body


def send(start: Start, reply: Reply) -> list[bytes]:
    """Send a reply."""
    status, headers, body = reply
    start(LINES[status], list(headers.items()))
    return [body]


class Gateway:
    """The app behind a WSGI server."""

    def __init__(self, app: ThreadedChalice) -> None:
        self._app = app
        self._templates = tuple(app.routes)

    def reply(self, path: str, environ: Environ, body: bytes) -> Reply:
        """What the app answers.

        Where a route takes the request, its function is asked at once: an event made here would only be read again.
        """
        method, start = environ["REQUEST_METHOD"], time.perf_counter()
        template, named = events.route(path, "", self._templates)
        taken = self._app.routes[template].get(method) if template else None
        if taken is None:
            return _reply(self._app(_event(path, environ, body), None))
        answer = self._app.ask(taken, named, _incoming(environ, body))
        logs.answered(method, template, answer.status_code, time.perf_counter() - start)
        return answer.status_code, cast("Mapping[str, str]", answer.headers), _encoded(answer.body)


def plain(answer: Response) -> Reply:
    """A Chalice response outside its app."""
    return _reply(answer.to_dict())


def _incoming(environ: Environ, body: bytes) -> Incoming:
    asked = environ.get("QUERY_STRING", "")
    query = parse_qs(asked, keep_blank_values=True) if asked else {}
    return Incoming(
        headers={name: [value] for name, value in _headers(environ)},
        peer=environ.get("REMOTE_ADDR", ""),
        body=body,
        query={name: values[-1] for name, values in query.items()},
    )


def _encoded(body: object) -> bytes:
    return body if isinstance(body, bytes) else (body if isinstance(body, str) else COMPACT.encode(body)).encode()


def _event(path: str, environ: Environ, body: bytes) -> dict[str, object]:
    """The request as a REST API with one route for all would send it."""
    return {
        "path": path,
        "httpMethod": environ["REQUEST_METHOD"],
        "multiValueHeaders": {name: [value] for name, value in _headers(environ)},
        "multiValueQueryStringParameters": parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True),
        "requestContext": {"identity": {"sourceIp": environ.get("REMOTE_ADDR", "")}, "requestId": logs.request.get()},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def _reply(answer: Mapping[str, Any]) -> Reply:
    return answer["statusCode"], answer["headers"], str(answer["body"]).encode()


def _headers(environ: Environ) -> Iterable[tuple[str, str]]:
    for key, value in environ.items():
        if name := _header(key):
            yield name, value


@lru_cache(maxsize=256)
def _header(key: str) -> str:
    """The header that WSGI gives under a key; empty where the key is none's."""
    if not key.startswith("HTTP_") and key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        return ""
    return key.removeprefix("HTTP_").replace("_", "-").lower()
