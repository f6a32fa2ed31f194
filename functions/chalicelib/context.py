"""A Chalice app that threads may share.

Chalice keeps the current request and the Lambda context as plain attributes of the app object: right for Lambda, which
serves one request at a time, but on a threaded server one voter's request would be answered with another's. Here both
are context variables behind the same names. And where a route takes a request, its function is asked at once: Chalice's
chain of handlers, which copies and matches headers again and again, takes more time than all of a vote's own work.
"""

import base64
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from chalice.app import Chalice, Request, Response, RouteEntry

from chalicelib import answers

log = logging.getLogger("pingxuan")


class PerRequest:
    """An attribute that every thread, and every task, sees its own value of."""

    def __init__(self, name: str) -> None:
        self._value: ContextVar[Any] = ContextVar(name, default=None)

    def __get__(self, owner: object, kind: type | None = None) -> Any:  # noqa: ANN401 as Chalice has it
        return self._value.get()

    def __set__(self, owner: object, value: object) -> None:
        self._value.set(value)


class ThreadedChalice(Chalice):
    """Chalice, its two attributes of the request in hand kept apart."""

    current_request = PerRequest("current_request")
    lambda_context = PerRequest("lambda_context")

    def __call__(self, event: Mapping[str, Any], context: object) -> Any:  # noqa: ANN401 Chalice's own type
        """Answer an event of the REST form; what no route takes by its method goes Chalice's way."""
        route = self.routes[event["resource"]].get(event["httpMethod"])
        if route is None:
            return super().__call__(event, context)
        self.lambda_context = context
        return _told(self.ask(route, event["pathParameters"] or {}, Request(dict(event), context)))

    def ask(self, route: RouteEntry, named: Mapping[str, str], request: object) -> Response:
        """What a route's function answers. request: what the function finds as the current one."""
        self.current_request = request
        try:
            answer = route.view_function(**named)
        except Exception:
            log.exception("a request broke")
            return answers.broken()
        return answer if isinstance(answer, Response) else Response(answer)


def _told(answer: Response) -> dict[str, Any]:
    """An answer as a gateway reads it: bytes as base64."""
    if not isinstance(answer.body, bytes):
        return dict(answer.to_dict())
    body = base64.b64encode(answer.body).decode()
    return {**Response("", answer.headers, answer.status_code).to_dict(), "body": body, "isBase64Encoded": True}
