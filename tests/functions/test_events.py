"""The app answers each of API Gateway's events: REST, HTTP API payload 1.0 and 2.0, shaped as AWS documents them."""

import base64
import json
from urllib.parse import urlencode

import pytest
from app import app
from chalicelib import events
from chalicelib.casting import Voting
from chalicelib.trust import Trust
from voters import h_of

VOTES = "/api/editions/qd/votes"
VOTER = "203.0.113.9"
GATEWAY = Trust(gateway=True)


@pytest.fixture(autouse=True)
def behind_a_gateway(store, clock):
    app.voting = Voting(store, GATEWAY, clock)
    yield
    del app.voting


def rest(method: str, path: str, body: str | None, headers: dict[str, str], query: dict[str, str]):
    """A REST API's event, from a proxy resource; X-Forwarded-For as the gateway adds it."""
    many = {name: [value] for name, value in headers.items()}
    return {
        "resource": "/api/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": headers or None,
        "multiValueHeaders": many or None,
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
        "pathParameters": {"proxy": path.removeprefix("/api/")},
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "resourceId": "123456",
            "stage": "api",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "requestTime": "09/Apr/2015:12:34:56 +0000",
            "identity": {"cognitoIdentityId": None, "sourceIp": VOTER, "userAgent": "Custom User Agent String"},
            "path": f"/api{path}",
            "resourcePath": "/api/{proxy+}",
            "httpMethod": method,
            "apiId": "1234567890",
            "protocol": "HTTP/1.1",
        },
        "body": body,
        "isBase64Encoded": False,
    }


def first(method: str, path: str, body: str | None, headers: dict[str, str], query: dict[str, str]):
    """An HTTP API's payload 1.0, with one route for all and a named stage."""
    event = rest(method, f"/prod{path}", body, headers, query)
    context = event["requestContext"] | {"stage": "prod", "resourcePath": "$default", "requestId": "JKJaXmPLvHcESHA="}
    return event | {"version": "1.0", "resource": "$default", "pathParameters": None, "requestContext": context}


def second(method: str, path: str, body: str | None, headers: dict[str, str], query: dict[str, str]):
    """An HTTP API's payload 2.0: lower-case names, cookies apart, the body in base64, no empty field."""
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(query),
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api-id",
            "domainName": "id.execute-api.us-east-1.amazonaws.com",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": VOTER,
                "userAgent": "agent",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000",
            "timeEpoch": 1583348638390,
        },
        "isBase64Encoded": body is not None,
    }
    return event | ({} if body is None else {"body": base64.b64encode(body.encode()).decode()})


def staged(*request):
    """Payload 2.0 of a named stage, which stands before the path."""
    event = second(*request)
    event["rawPath"] = f"/api{event['rawPath']}"
    return event | {"requestContext": event["requestContext"] | {"stage": "api"}}


@pytest.fixture(params=[rest, first, second, staged])
def shape(request):
    return request.param


def ask(shape, method, path, body=None, headers=None, **query):
    base = {"Host": "id.execute-api.us-east-1.amazonaws.com", "X-Forwarded-For": VOTER, "X-Forwarded-Proto": "https"}
    return app(shape(method, path, body, base | (headers or {}), query), None)


def test_a_vote_through_any_event_is_counted_once(shape):
    body = json.dumps({"cases": ["c1"], "h": h_of("a")})
    answers = [ask(shape, "POST", VOTES, body, {"Content-Type": "application/json"}) for _ in range(2)]
    assert [answer["statusCode"] for answer in answers] == [201, 200]
    assert all(answer["headers"]["Content-Type"] == "application/json" for answer in answers)
    assert json.loads(answers[0]["body"])["receipt"] == json.loads(answers[1]["body"])["receipt"]


def test_the_same_voter_is_known_through_every_event():
    body = json.dumps({"cases": ["c1"], "h": h_of("a")})
    kind = {"Content-Type": "application/json", "Cookie": "a=1"}
    answers = [ask(shape, "POST", VOTES, body, kind)["statusCode"] for shape in (rest, first, second, staged)]
    assert answers == [201, 200, 200, 200]


def test_a_form_and_the_query_of_its_receipt_are_read(shape):
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://partner.example"}
    posted = ask(shape, "POST", VOTES, "case=c1", kind)
    assert posted["statusCode"] == 303
    query = dict(pair.split("=") for pair in posted["headers"]["Location"].partition("?")[2].split("&"))
    page = ask(shape, "GET", "/api/editions/qd/receipt", **query)
    assert (page["statusCode"], query["h"] in page["body"] or query["nonce"] in page["body"]) == (200, True)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/editions/qd/status", 200),
        ("HEAD", "/api/editions/qd/status", 200),
        ("GET", "/api/editions/nowhere/status", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/", 404),
        ("GET", "/api/editions/a%2Fb/status", 404),
        ("DELETE", VOTES, 405),
        ("POST", VOTES, 415),
    ],
)
def test_every_event_is_answered_in_our_words(shape, method, path, status):
    answer = ask(shape, method, path)
    assert answer["statusCode"] == status
    assert status == 200 or set(json.loads(answer["body"])["message"]) == {"zh-CN", "en"}


def test_the_answer_bears_the_gateways_own_number(shape):
    given = shape("GET", "/api/nothing", None, {}, {})["requestContext"]["requestId"]
    assert ask(shape, "GET", "/api/nothing")["headers"]["X-Request-Id"] == given


def test_a_number_that_is_none_is_replaced():
    event = second("GET", "/api/nothing", None, {}, {})
    event["requestContext"]["requestId"] = "203.0.113.9\nsaid"
    assert len(app(event, None)["headers"]["X-Request-Id"]) == 16


def test_several_headers_of_one_name_are_all_seen():
    many = rest("POST", VOTES, "{}", {}, {}) | {
        "multiValueHeaders": {"X-Real-IP": ["198.51.100.1", "198.51.100.2"], "x-real-ip": ["198.51.100.3"]}
    }
    seen = events.rest(many, app.routes)["multiValueHeaders"]
    assert seen == {"x-real-ip": ["198.51.100.1", "198.51.100.2", "198.51.100.3"]}
    joined = second("POST", VOTES, "{}", {"X-Real-IP": "198.51.100.1,198.51.100.2"}, {}) | {"cookies": ["a=1", "b=2"]}
    seen = events.rest(joined, app.routes)["multiValueHeaders"]
    assert seen == {"x-real-ip": ["198.51.100.1,198.51.100.2"], "cookie": ["a=1; b=2"]}


def test_payload_two_knows_no_lists_and_gets_its_cookies_apart():
    answer = {"statusCode": 200, "headers": {"A": "1"}, "multiValueHeaders": {"Set-Cookie": ["x"], "B": ["1", "2"]}}
    second_answer = events.answer_to({"version": "2.0"}, answer)
    assert second_answer == {"statusCode": 200, "headers": {"A": "1", "b": "1, 2"}, "cookies": ["x"]}
    assert events.answer_to({"version": "1.0"}, answer) == answer


def test_an_event_without_an_address_counts_for_nobody(shape):
    event = shape(
        "POST", VOTES, json.dumps({"cases": ["c1"], "h": h_of("a")}), {"Content-Type": "application/json"}, {}
    )
    event["requestContext"]["http" if "http" in event["requestContext"] else "identity"]["sourceIp"] = ""
    assert app(event, None)["statusCode"] == 503
