"""A thin client of DynamoDB for the vote route: botocore's own signer, Python's own HTTP, JSON as it is.

Knows the protocol (AWS JSON 1.0). It behaves as botocore's client does for the few calls that casting makes, in a
fraction of its start and of its work per call; everything else uses botocore. It tries once: dynamo_calls tries again.
"""

import json
import ssl
import zlib
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth  # type: ignore[import-untyped]  # it ships none
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]  # as above
from botocore.exceptions import ClientError, HTTPClientError  # type: ignore[import-untyped]  # as above
from urllib3.util.wait import wait_for_read

from awards.errors import PingxuanError
from chalicelib.dynamo_calls import CONNECT, READ

TARGET = "DynamoDB_20120810."


@dataclass(frozen=True)
class Credentials:
    """Whose calls these are; token: of a role that was taken, None for a user."""

    access_key: str
    secret_key: str
    token: str | None


class _Plain(HTTPConnection):
    """A connection that sends head and body of a request at once: one packet, one call of the system."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 as the library's
        super().__init__(*args, **options)
        self._parts: list[bytes] = []

    def send(self, data: Any) -> None:  # noqa: ANN401 as the library's
        """Keep a part until the request is whole."""
        self._parts.append(data)

    def flush(self) -> None:
        """Send the request."""
        whole, self._parts = b"".join(self._parts), []
        super().send(whole)


class _Secret(_Plain, HTTPSConnection):
    """The same over TLS."""


class Wire:
    """The calls, in a region. endpoint: where AWS is played, for tests. read: seconds for an answer."""

    def __init__(self, region: str, credentials: Credentials, endpoint: str = "", read: float = READ) -> None:
        self._url = (endpoint or endpoint_of(region)).rstrip("/") + "/"
        self._signer = SigV4Auth(credentials, "dynamodb", region)
        self._read = read
        self._tls = ssl.create_default_context() if self._url.startswith("https:") else None
        self._idle: deque[_Plain] = deque()

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Wire":
        """The calls of a running function; Lambda sets region and keys."""
        try:
            keys = Credentials(
                environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"], environ.get("AWS_SESSION_TOKEN")
            )
            played = environ.get("AWS_ENDPOINT_URL_DYNAMODB") or environ.get("AWS_ENDPOINT_URL", "")
            return cls(environ["AWS_REGION"], keys, played)
        except KeyError as error:
            raise PingxuanError(f"{error.args[0]} is not set", "Run on Lambda, or set it") from error

    def update_item(self, **params: object) -> dict[str, Any]:
        """As botocore's."""
        return self._call("UpdateItem", params)

    def get_item(self, **params: object) -> dict[str, Any]:
        """As botocore's."""
        return self._call("GetItem", params)

    def put_item(self, **params: object) -> dict[str, Any]:
        """As botocore's."""
        return self._call("PutItem", params)

    def query(self, **params: object) -> dict[str, Any]:
        """As botocore's."""
        return self._call("Query", params)

    def transact_write_items(self, **params: object) -> dict[str, Any]:
        """As botocore's."""
        return self._call("TransactWriteItems", params)

    def close(self) -> None:
        """Let go of the connections."""
        while self._idle:
            self._idle.pop().close()

    def _call(self, operation: str, params: Mapping[str, object]) -> dict[str, Any]:
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": TARGET + operation}
        data = json.dumps(params, default=_encoded).encode()
        request = AWSRequest(method="POST", url=self._url, data=data, headers=headers)
        self._signer.add_auth(request)
        connection = self._connection()
        try:
            connection.request("POST", "/", data, dict(request.headers.items()))
            connection.flush()
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, HTTPException) as error:
            connection.close()
            raise HTTPClientError(error=error) from error
        if connection.sock is not None:  # else the other end said that it closes
            self._idle.append(connection)
        return _meaning(operation, answer, body)

    def _connection(self) -> _Plain:
        """One that is idle and was not closed at the other end meanwhile, or a new one."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was quicker
                break
            if not wait_for_read(connection.sock, 0):
                return connection
            connection.close()
        return self._connected()

    def _connected(self) -> _Plain:
        host, tls = urlsplit(self._url).netloc, self._tls
        connection = _Secret(host, timeout=CONNECT, context=tls) if tls else _Plain(host, timeout=CONNECT)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise HTTPClientError(error=f"Could not connect to {host}: {error}") from error
        connection.sock.settimeout(self._read)
        return connection


def endpoint_of(region: str) -> str:
    """Where a region answers; AWS China has a domain of its own."""
    return f"https://dynamodb.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")


def _meaning(operation: str, response: HTTPResponse, body: bytes) -> dict[str, Any]:
    """The answer, or the error that botocore raises for it."""
    status, crc = response.status, response.headers.get("x-amz-crc32")
    if crc is not None and int(crc) != zlib.crc32(body):
        raise HTTPClientError(error="the answer is damaged")
    try:
        answer = dict(json.loads(body, object_hook=_decoded))
    except ValueError as error:
        answer = {} if status >= 500 else {"__type": "InternalFailure", "message": str(error)}
    if status == 200 and "__type" not in answer:
        return answer
    code = str(answer.pop("__type", "InternalFailure")).rpartition("#")[2]
    told = {"Code": code, "Message": str(answer.pop("message", answer.pop("Message", "")))}
    raise ClientError({**answer, "Error": told, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)


def _encoded(value: bytes) -> str:
    """Bytes as DynamoDB sends them."""
    return b64encode(value).decode()


def _decoded(value: dict[str, Any]) -> dict[str, Any]:
    """A binary value as bytes; everything else as it came."""
    return {"B": b64decode(value["B"])} if isinstance(value.get("B"), str) and len(value) == 1 else value
