"""Between a WSGI server and the Chalice app, in process: what API Gateway does on AWS.

Knows WSGI and the REST event (payload 1.0). Refuses to know what the routes do. A header that comes several times
arrives joined by commas, as WSGI has it; names with _ and - cannot be told apart, see docs/decisions.
"""

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from chalice.app import Chalice, Response

from chalicelib import answers
from chalicelib.incoming import LIMIT

Environ = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], object]
Reply = tuple[int, Mapping[str, str], bytes]
DROPPED = 32 * 1024 * 1024  # bytes of a body that are read at most


def path_of(environ: Environ) -> str | None:
    """The path asked for, decoded; None where it is no text."""
    try:
        return str(environ.get("PATH_INFO", "")).encode("latin-1").decode()
    except UnicodeError:
        return None


def read_body(environ: Environ) -> bytes:
    """The body; of one that is too large a byte too many, which shows it.

    The rest is read and dropped, up to a point: who is still sending would see a broken connection, not the answer.
    """
    source = environ["wsgi.input"]
    body = bytes(source.read(LIMIT + 1))
    dropped = len(body)
    while LIMIT < dropped < DROPPED and (more := source.read(LIMIT)):
        dropped += len(more)
    return body


def send(start: Start, reply: Reply) -> list[bytes]:
    """Send a reply."""
    status, headers, body = reply
    start(f"{status} {HTTPStatus(status).phrase}", list(headers.items()))
    return [body]


class Gateway:
    """The routes of a Chalice app, by path."""

    def __init__(self, app: Chalice) -> None:
        self._app = app
        self._routes = [(_pattern(path), path) for path in app.routes]

    def reply(self, path: str, environ: Environ, body: bytes) -> Reply:
        """What the app answers; not found where it has no route."""
        for pattern, template in self._routes:
            if match := pattern.fullmatch(path):
                return _reply(self._app(self._event(environ, body, template, match.groupdict()), None))
        return plain(answers.not_found())

    def _event(self, environ: Environ, body: bytes, template: str, named: Mapping[str, str]) -> dict[str, object]:
        method = environ["REQUEST_METHOD"]
        if method == "HEAD" and "GET" in self._app.routes[template]:
            method = "GET"  # the server leaves the body out
        headers = dict(_headers(environ))
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        return {
            "resource": template,
            "path": template.format(**named),
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": dict(named) or None,
            "stageVariables": None,
            "requestContext": {
                "resourcePath": template,
                "httpMethod": method,
                "identity": {"sourceIp": environ.get("REMOTE_ADDR", "")},
            },
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }


def plain(answer: Response) -> Reply:
    """A Chalice response outside its app."""
    return _reply(answer.to_dict())


def _reply(answer: Mapping[str, Any]) -> Reply:
    return answer["statusCode"], answer["headers"], str(answer["body"]).encode()


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template)))


def _headers(environ: Environ) -> Iterable[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").lower(), value
        elif name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            yield name.replace("_", "-").lower(), value
