"""What a function asks of AWS, recorded as it asks: a proxy between it and MiniStack that passes every call on.

Knows the two protocols as far as IAM does: which action on which resource a call takes. One recorder stands before each
function, so that what one does is never taken for what the other may.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

HOPS = {"connection", "content-length", "expect", "keep-alive", "transfer-encoding"}
PARTS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
IDENTITIES = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*"
POSTED = re.compile(rb'name="key"\r\n\r\n([^\r]+)')
OBJECT = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "POST": "PutObject", "DELETE": "DeleteObject"}


@dataclass(frozen=True, order=True)
class Use:
    """One thing that a function does, or may do. keys: the kind of partition, where a policy can tell them apart."""

    action: str
    resource: str
    keys: str = ""


class Recorder:
    """A proxy before an endpoint. names: what the template calls a table or bucket, by its real name."""

    def __init__(self, endpoint: str, names: Mapping[str, str]) -> None:
        self.uses: set[Use] = set()
        self._endpoint = urlsplit(endpoint).netloc
        self._names = names
        self._streams: dict[str, str] = {}
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return lambda: recorder.pass_on(self)
                raise AttributeError(name)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def pass_on(self, asked: BaseHTTPRequestHandler) -> None:
        """Ask the endpoint in the function's own words, signature and all; write down what it did not forbid."""
        body = asked.rfile.read(int(asked.headers.get("Content-Length", 0)))
        there = HTTPConnection(self._endpoint, timeout=30)
        there.putrequest(asked.command, asked.path, skip_host=True, skip_accept_encoding=True)
        for name, value in asked.headers.items():
            if name.lower() not in HOPS:
                there.putheader(name, value)
        there.putheader("Content-Length", str(len(body)))
        there.endheaders(body)
        answer = there.getresponse()
        data = answer.read()
        there.close()
        if answer.status != 403 and b"AccessDenied" not in data:
            self.uses |= set(self._uses(asked, body, data))
        asked.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in HOPS:
                asked.send_header(name, value)
        length = answer.headers.get("Content-Length", "0") if asked.command == "HEAD" else str(len(data))
        asked.send_header("Content-Length", length)
        asked.end_headers()
        asked.wfile.write(data)

    def _uses(self, asked: BaseHTTPRequestHandler, body: bytes, answer: bytes) -> Iterator[Use]:
        service, _, operation = asked.headers.get("X-Amz-Target", "").partition("_20120810.")
        if service == "DynamoDB":
            yield from self._of_tables(operation, json.loads(body))
        elif service == "DynamoDBStreams":
            yield self._of_streams(operation, json.loads(body), json.loads(answer))
        elif asked.path.startswith("/v2/email/"):
            yield Use("ses:SendEmail", IDENTITIES)
        else:
            yield from self._of_objects(asked, body)

    def _of_tables(self, operation: str, says: Mapping[str, Any]) -> Iterator[Use]:
        if operation == "TransactWriteItems":  # IAM asks for each of its parts
            for each in says["TransactItems"]:
                ((kind, part),) = each.items()
                yield from self._of_tables(PARTS[kind], part)
        else:
            key = says.get("Key") or says.get("Item") or {}
            partition = key.get("pk") or says.get("ExpressionAttributeValues", {}).get(":pk", {})
            first, slash, _ = partition.get("S", "").partition("/")
            yield Use(f"dynamodb:{operation}", self._names[says["TableName"]], first + slash + ("*" if slash else ""))

    def _of_streams(self, operation: str, says: Mapping[str, Any], answer: Mapping[str, Any]) -> Use:
        """A call of the stream; who reads records names an iterator, which an earlier answer gave for a stream."""
        arn = says.get("StreamArn") or self._streams[says["ShardIterator"]]
        for name in ("ShardIterator", "NextShardIterator"):
            if answer.get(name):
                self._streams[answer[name]] = arn
        table = re.search(r":table/([^/]+)/stream/", arn)
        assert table, arn
        return Use(f"dynamodb:{operation}", f"{self._names[table[1]]}.StreamArn")

    def _of_objects(self, asked: BaseHTTPRequestHandler, body: bytes) -> Iterator[Use]:
        path = urlsplit(asked.path)
        bucket, _, key = unquote(path.path).removeprefix("/").partition("/")
        if asked.command == "POST" and (posted := POSTED.search(body)):  # by a link, in the name of who signed it
            key = posted[1].decode()
        if "list-type" in parse_qs(path.query):
            yield Use("s3:ListBucket", self._names[bucket])
            return
        yield self._of_object(OBJECT[asked.command], f"{bucket}/{key}")
        if source := asked.headers.get("x-amz-copy-source"):
            yield self._of_object("GetObject", unquote(source).removeprefix("/"))

    def _of_object(self, action: str, name: str) -> Use:
        bucket, folder = name.split("/")[:2]
        return Use(f"s3:{action}", f"{self._names[bucket]}/{folder}/*")


def allowed(policy: Mapping[str, Any]) -> set[Use]:
    """Everything that a policy of functions/.chalice allows."""
    return {
        Use(action, _plain(resource), keys)
        for each in policy["Statement"]
        for action in _listed(each["Action"])
        for resource in _listed(each["Resource"])
        for keys in each.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [""])
    }


def _plain(resource: Mapping[str, Any]) -> str:
    """A resource as a Use names it."""
    if "Fn::GetAtt" in resource:
        return ".".join(resource["Fn::GetAtt"]).removesuffix(".Arn")
    return re.sub(r"\$\{(\w+)\.Arn\}", r"\1", resource["Fn::Sub"])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
