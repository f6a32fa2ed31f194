"""The thin client of the vote route: it sends and answers what botocore does, which is the reference here."""

import json
import re
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import dynamodb
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from chalicelib.dynamo import DynamoStore
from chalicelib.dynamo_calls import CONNECT, LAST, READ
from chalicelib.refused import UnavailableError
from chalicelib.store import Slot, Vote
from chalicelib.wire import Credentials, Wire, endpoint_of
from engines import needs
from voters import PAPER, h_of

from awards.errors import PingxuanError

KEYS = Credentials("AKIA", "secret", "token")
SLOT = Slot("qd", "2020-08-24", b"s" * 16)
VOTE = Vote(h_of("a"), ("c1",), "id of a", "2020-08-24")
KEY = {"pk": {"B": b"\x00\xff|"}, "sk": {"B": b"s"}}
TOLD = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
CALLS = [
    ("get_item", {"Key": KEY}),
    ("put_item", {"Item": KEY | {"a": {"S": "评选"}, "l": {"L": [{"B": b"\x01"}]}, "B": {"M": {"B": {"B": b"x"}}}}}),
    ("get_item", {"Key": KEY, "ConsistentRead": True}),
    ("put_item", {"Item": KEY, "ConditionExpression": "attribute_not_exists(pk)"} | TOLD),
    ("update_item", {"Key": KEY, "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "1"}},
                     "ReturnValues": "ALL_OLD"}),
    ("query", {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": KEY["pk"]}}),
    ("update_item", {"Key": KEY, "UpdateExpression": "nonsense"}),
]  # fmt: skip


def outcome(client, name: str, params: dict):
    """What a call answers, or the parts of its error that we look at."""
    try:
        answer = getattr(client, name)(TableName=dynamodb.VOTES, **params)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return error.response["Error"], error.response.get("Item"), status
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


@needs("dynamodb-local")
def test_wire_answers_what_botocore_does():
    answers = []
    for thin in (True, False):
        account = dynamodb.Account()
        keys = account.session.get_credentials()
        thinned = Wire(dynamodb.REGION, Credentials(keys.access_key, keys.secret_key, None), dynamodb.endpoint(), 20)
        client = thinned if thin else account.client()
        answers.append([outcome(client, name, params) for name, params in CALLS])
        client.close()
    assert answers[0] == answers[1]


@needs("dynamodb-local")
def test_a_store_on_the_wire_casts_votes():
    account = dynamodb.Account()
    keys = account.session.get_credentials()
    wire = Wire(dynamodb.REGION, Credentials(keys.access_key, keys.secret_key, None), dynamodb.endpoint(), 20)
    store = DynamoStore(wire, None, dynamodb.VOTES, dynamodb.STATE)
    key = store.make_key("qd", "2020-08-24")
    assert store.cast(PAPER, SLOT, VOTE) == (True, [])
    assert store.cast(PAPER, SLOT, VOTE) == (False, [VOTE])
    store.close()
    assert (account.store().votes(SLOT), account.store().key("qd", "2020-08-24")) == ([VOTE], key)


@contextmanager
def answering(*answers: dict, certificate: Path | None = None) -> Iterator[tuple[str, list]]:
    """A server that gives these answers in turn, the last one for ever, and keeps what it was asked.

    An answer: status, body, crc, slow (seconds), close (the connection, without a word before). certificate: for TLS.
    """
    left, asked = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            answer = left.pop(0) if len(left) > 1 else left[0]
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.headers, body))
            time.sleep(answer.get("slow", 0))
            data = json.dumps(answer.get("body", {})).encode()
            self.send_response(answer.get("status", 200))
            self.send_header("Content-Length", str(len(data)))
            self.send_header("x-amz-crc32", str(answer.get("crc", zlib.crc32(data))))
            self.end_headers()
            self.wfile.write(data)
            self.close_connection = answer.get("close", False)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@contextmanager
def wired(*answers: dict) -> Iterator[tuple[Wire, DynamoStore, list]]:
    with answering(*answers) as (address, asked):
        wire = Wire("us-east-1", KEYS, address)
        yield wire, DynamoStore(wire, None, "votes", "state"), asked
        wire.close()


def test_what_is_sent_is_what_was_signed():
    with wired({}) as (wire, _, asked):
        wire.get_item(TableName="投票", Key=KEY)
    headers, body = asked[0]
    assert json.loads(body)["Key"]["pk"] == {"B": "AP98"}
    signed = re.search("SignedHeaders=([^,]+),", headers["Authorization"])[1].split(";")
    assert {"host", "x-amz-date", "x-amz-security-token", "x-amz-target"} <= set(signed)
    request = AWSRequest("POST", f"http://{headers['Host']}/", {name: headers[name] for name in signed}, body)
    request.context["timestamp"] = headers["X-Amz-Date"]
    signer = SigV4Auth(KEYS, "dynamodb", "us-east-1")
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    assert headers["Authorization"].endswith(f"Signature={signature}")


@pytest.mark.parametrize(
    "fault",
    [{"crc": 1}, {"status": 503}, {"status": 400, "body": {"__type": "x#ThrottlingException"}}, {"slow": READ + 0.2}],
    ids=["damaged", "unavailable", "throttled", "slow"],
)
def test_a_passing_fault_is_tried_again_while_there_is_time(fault):
    with wired(fault, {}) as (_, store, asked):
        if "slow" in fault:
            with pytest.raises(UnavailableError):
                store.cast(PAPER, SLOT, VOTE)
        else:
            assert store.cast(PAPER, SLOT, VOTE) == (True, [])
            assert len(asked) == 2


def test_a_connection_that_the_other_end_closed_is_not_used_again():
    with wired({"close": True}) as (_, store, asked):
        for _ in range(3):
            store.votes(SLOT)
            time.sleep(0.05)
    assert len(asked) == 3


def test_a_connection_is_used_again(monkeypatch):
    with wired({}) as (wire, store, _):
        store.votes(SLOT)
        monkeypatch.setattr(wire, "_connected", None)
        store.votes(SLOT)


def test_a_store_that_is_away_is_unavailable_soon(free_port):
    start = time.monotonic()
    with pytest.raises(UnavailableError, match="Could not connect"):
        DynamoStore(Wire("us-east-1", KEYS, f"http://127.0.0.1:{free_port}"), None, "v", "s").votes(SLOT)
    assert time.monotonic() - start < LAST + CONNECT + READ


def test_lambda_s_environment_is_enough_and_its_lack_is_told():
    environ = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "cn-north-1"}
    assert Wire.of(environ)._url == "https://dynamodb.cn-north-1.amazonaws.com.cn/"
    assert Wire.of(environ | {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"})._url == "http://127.0.0.1:4566/"
    with pytest.raises(PingxuanError, match="AWS_REGION"):
        Wire.of({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"})


def test_over_tls_only_a_known_certificate_is_talked_to(tmp_path, monkeypatch):
    both = tmp_path / "both.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=engine"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(tmp_path / "cert.pem"), "-keyout", str(both)]
    subprocess.run([*made, *names], check=True, capture_output=True)
    both.write_text(both.read_text() + (tmp_path / "cert.pem").read_text())
    with answering({}, certificate=both) as (address, asked):
        with pytest.raises(UnavailableError, match="certificate"):
            DynamoStore(Wire("us-east-1", KEYS, address), None, "votes", "state").votes(SLOT)
        assert asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        store = DynamoStore(Wire("us-east-1", KEYS, address), None, "votes", "state")
        assert store.votes(SLOT) == store.votes(SLOT) == []
        store.close()
    assert len(asked) == 2


def test_each_region_answers_at_its_own_address():
    assert endpoint_of("eu-west-1") == "https://dynamodb.eu-west-1.amazonaws.com"
