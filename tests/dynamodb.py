"""AWS's own DynamoDB engine on this machine, one for the whole run, and fresh tables in it for whoever asks.

Knows how it is started, stopped and parted: it keeps the tables of each access key apart. Tests that use it are marked
needs("dynamodb-local").
"""

import atexit
import secrets
import socket
import subprocess
import time
from functools import cache
from pathlib import Path

import engines
import halls
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.session import Session
from chalicelib.dynamo import DynamoStore
from chalicelib.dynamo_calls import connect
from chalicelib.dynamo_submissions import DynamoSubmissions

REGION = "us-east-1"
PATIENCE = 20.0  # seconds: an engine that has just started, beside other tests, is slower than AWS
VOTES, STATE, SUBMISSIONS = "votes", "state", "submissions"
STRINGS = {"AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]}
TABLES = {
    VOTES: {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "B"} for name in ("pk", "sk")],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    },
    STATE: STRINGS,
    SUBMISSIONS: STRINGS,
}
KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]


class Account:
    """An account of the engine with all tables, empty. Two stores of one account see the same votes."""

    def __init__(self) -> None:
        self.session = Session()
        self.session.set_credentials("B" + secrets.token_hex(9), "secret")  # the engine keeps each key's tables apart
        self.session.set_config_variable("region", REGION)
        client = self.client()
        for name, more in TABLES.items():
            client.create_table(TableName=name, KeySchema=KEYS, BillingMode="PAY_PER_REQUEST", **more)

    def client(self, service: str = "dynamodb", read: float = PATIENCE) -> BaseClient:
        """A client, also for what a test asks behind the store's back."""
        return connect(service, endpoint(), self.session, read)

    def store(self, **options: float) -> DynamoStore:
        """A store with clients of its own."""
        return DynamoStore(self.client(**options), self.client("dynamodbstreams", **options), VOTES, STATE)

    def submissions(self, **options: float) -> DynamoSubmissions:
        """A store of submissions with a client of its own."""
        return DynamoSubmissions(self.client(**options), SUBMISSIONS)


class Faulty:
    """A client whose first calls of one operation fail: before they are sent, or after they were carried out."""

    def __init__(self, client, operation: str, fault: Exception, times: int, *, carried_out: bool) -> None:
        self.client, self.operation, self.fault = client, operation, fault
        self.left, self.carried_out = times, carried_out

    def __getattr__(self, name):
        return self._fail if name == self.operation else getattr(self.client, name)

    def _fail(self, **params):
        done = getattr(self.client, self.operation)
        if self.left <= 0:
            return done(**params)
        self.left -= 1
        if self.carried_out:
            done(**params)
        raise self.fault


class Metered:
    """A client that adds up the write units of all updates."""

    def __init__(self, client) -> None:
        self.client, self.units = client, []

    def update_item(self, **params):
        answer = self.client.update_item(**params, ReturnConsumedCapacity="TOTAL")
        self.units.append(answer["ConsumedCapacity"]["CapacityUnits"])
        return answer


THROTTLED = ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")
LOST = ReadTimeoutError(endpoint_url="the engine's")


def faulty(account: Account, operation: str, fault: Exception, times: int = 1, *, carried_out: bool = False):
    """A store through such a client."""
    client = Faulty(account.client(), operation, fault, times, carried_out=carried_out)
    return DynamoStore(client, None, VOTES, STATE)


@cache
def endpoint() -> str:
    """The engine's address. It starts for the first who asks, in memory, and ends with the run; it tells nobody."""
    folder = Path(engines.find("dynamodb-local") or "")
    port = halls.port()
    options = ["-inMemory", "-disableTelemetry", "-port", str(port)]
    command = ["java", "-Xmx512m", "-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", *options]
    engine = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    atexit.register(_stop, engine)
    _wait(engine, port)
    return f"http://127.0.0.1:{port}"


def _stop(engine: subprocess.Popen[bytes]) -> None:
    engine.kill()
    engine.wait()


def _wait(engine: subprocess.Popen[bytes], port: int) -> None:
    """Until it answers; a Java that cannot run it ends at once and is told."""
    until = time.monotonic() + 60
    while engine.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"DynamoDB Local did not start (exit {engine.poll()})")
