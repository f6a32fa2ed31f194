"""What API Gateway sends, in each of its forms, as the one event that Chalice takes; and the answer, in the same form.

Knows a REST API's event, an HTTP API's payload 1.0, which is nearly the same, and its payload 2.0, which Chalice does
not know ("Unknown request."). Finds the route by the path, since an HTTP API may have one route for all (``$default``)
and puts the stage before the path. Refuses to know what the routes do.
"""

import itertools
import re
import secrets
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import parse_qs

_numbers = itertools.count(secrets.randbits(63))  # told apart, also between restarts; they are no secret
Event = Mapping[str, Any]
Answer = dict[str, Any]
Routes = Mapping[str, Mapping[str, object]]  # template -> method -> route, as Chalice keeps them

SECOND = "2.0"
REQUEST_ID = re.compile(r"[A-Za-z0-9_=+/.-]{1,64}")


def rest(event: Event, routes: Routes) -> Answer | None:
    """The event as a REST API would send it for the route that its path names; None where there is no route."""
    context = event["requestContext"]
    method, path = (_second if is_second(event) else _first)(event)
    template, named = route(path, str(context.get("stage", "")), tuple(routes))
    if not template:
        return None
    if method == "HEAD" and "GET" in routes[template]:
        method = "GET"  # the server in front leaves the body out
    many, query = _headers(event), _query(event)
    return {
        "resource": template,
        "path": path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in many.items()},
        "multiValueHeaders": many,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": named or None,
        "stageVariables": event.get("stageVariables"),
        "requestContext": {
            "resourcePath": template,
            "httpMethod": method,
            "identity": {"sourceIp": peer(event)},
            "requestId": request_id(event),
        },
        "body": event.get("body"),
        "isBase64Encoded": bool(event.get("isBase64Encoded")),
    }


def is_second(event: Event) -> bool:
    """Whether this is payload 2.0."""
    return event.get("version") == SECOND


def peer(event: Event) -> str:
    """The address that connected, as the gateway itself saw it; never from a header."""
    context = event["requestContext"]
    return str((context.get("http" if is_second(event) else "identity") or {}).get("sourceIp") or "")


def request_id(event: Event) -> str:
    """The gateway's own number of the request, so that its log and ours tell of the same one."""
    told = str(event["requestContext"].get("requestId") or "")
    return told if REQUEST_ID.fullmatch(told) else new_id()


def new_id() -> str:
    """A number for a request that has none."""
    return f"{next(_numbers):016x}"


def answer_to(event: Event, answer: Answer) -> Answer:
    """A REST answer in the form that the event's sender reads: payload 2.0 knows no lists, and cookies apart."""
    if not is_second(event):
        return answer
    many = {name.lower(): values for name, values in (answer.get("multiValueHeaders") or {}).items()}
    cookies = many.pop("set-cookie", [])
    joined = {name: ", ".join(values) for name, values in many.items()}
    rest_of = {name: value for name, value in answer.items() if name != "multiValueHeaders"}
    return rest_of | {"headers": answer["headers"] | joined} | ({"cookies": cookies} if cookies else {})


def _first(event: Event) -> tuple[str, str]:
    return str(event["httpMethod"]), str(event["path"])


def _second(event: Event) -> tuple[str, str]:
    return str(event["requestContext"]["http"]["method"]), str(event["rawPath"])


def route(path: str, stage: str, templates: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The route of a path, and what it names; a stage before the path is passed over where nothing else fits."""
    for tried in (path, path.removeprefix(f"/{stage}")):
        for template in templates:
            if match := _pattern(template).fullmatch(tried):
                return template, match.groupdict()
    return "", {}


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """What a route's paths look like."""
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template)))


def _headers(event: Event) -> dict[str, list[str]]:
    """Every value of each header by its lower-case name. Payload 2.0 joins several by commas, cookies apart."""
    many = event.get("multiValueHeaders")
    pairs = many.items() if many else ((name, [value]) for name, value in (event.get("headers") or {}).items())
    found: dict[str, list[str]] = {}
    for name, values in pairs:
        found.setdefault(name.lower(), []).extend(str(value) for value in values)
    if cookies := event.get("cookies"):
        found["cookie"] = ["; ".join(cookies)]
    return found


def _query(event: Event) -> dict[str, list[str]]:
    if is_second(event):
        return parse_qs(event.get("rawQueryString") or "", keep_blank_values=True)
    many = event.get("multiValueQueryStringParameters")
    return dict(many or {name: [value] for name, value in (event.get("queryStringParameters") or {}).items()})
