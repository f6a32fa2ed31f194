"""What a vote costs a function on AWS beside its store: the start of a cold one, and CPU per vote; boto3 beside ours.

Both write the same vote to AWS's own engine on this machine, from behind a Chalice route of their own; boto3's client
is botocore's, called once and nothing around it. Seconds are of CPU: user and system time, median of several.

    python bench/votes_wire.py
"""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("tests", "functions", "")]

import engines  # noqa: E402 after the path is set
from chalice import Chalice  # noqa: E402
from chalicelib import dynamo_vote  # noqa: E402
from chalicelib.dynamo import DynamoStore  # noqa: E402
from chalicelib.store import Slot, Vote  # noqa: E402
from chalicelib.wire import Credentials, Wire  # noqa: E402
from dynamodb import REGION, STATE, VOTES, Account, endpoint  # noqa: E402
from voters import PAPER  # noqa: E402

COLD = {
    "boto3": 'import chalice, boto3; boto3.client("dynamodb")',
    "ours": "import os, chalice; from chalicelib.dynamo import DynamoStore; from chalicelib.wire import Wire;"
    ' DynamoStore(Wire.of(os.environ), None, "votes", "state")',
}
METER = "import os; before = sum(os.times()[:2]); {}; print(sum(os.times()[:2]) - before)"
STARTS, VOTES_A_ROUND, ROUNDS = 9, 500, 5
EVENT = {
    "httpMethod": "POST",
    "path": "/vote",
    "resource": "/vote",
    "headers": {"content-type": "application/json"},
    "multiValueHeaders": {"content-type": ["application/json"]},
    "pathParameters": None,
    "stageVariables": None,
    "multiValueQueryStringParameters": None,
    "isBase64Encoded": False,
    "body": json.dumps({"cases": ["c1"], "h": "0" * 32}),
    "requestContext": {"httpMethod": "POST", "resourcePath": "/vote", "identity": {"sourceIp": "192.0.2.1"}},
}


def cold(program: str) -> float:
    """Seconds of CPU from a bare Python to a client."""
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
    environ = os.environ | keys | {"PYTHONPATH": f"{ROOT}/functions:{ROOT}"}
    command = [sys.executable, "-c", METER.format(program)]
    return float(subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout)


def behind_chalice(write: Callable[[Slot, Vote], None]) -> Callable[[], None]:
    """One request that writes a vote of a new voter."""
    app = Chalice(app_name="bench")

    @app.route("/vote", methods=["POST"])
    def vote() -> dict[str, str]:
        body = app.current_request.json_body
        ballot = Vote(body["h"], tuple(body["cases"]), secrets.token_hex(8), "2020-08-24")
        write(Slot("qd", "2020-08-24", secrets.token_bytes(16)), ballot)
        return {"id": ballot.id}

    def request() -> None:
        answer = app(EVENT, None)
        if answer["statusCode"] != 200:
            raise RuntimeError(answer["body"])

    return request


def writers() -> dict[str, Callable[[], None]]:
    """A vote through boto3's client, called as it is; and through our store."""
    account = Account()
    keys = account.session.get_credentials()
    client = account.client()
    wire = Wire(REGION, Credentials(keys.access_key, keys.secret_key, None), endpoint(), read=20)
    store = DynamoStore(wire, None, VOTES, STATE)

    def plain(slot: Slot, ballot: Vote) -> None:
        client.update_item(TableName=VOTES, **dynamo_vote.change(PAPER, slot, ballot, {}, time.time()))

    def ours(slot: Slot, ballot: Vote) -> None:
        store.cast(PAPER, slot, ballot)

    return {"boto3": behind_chalice(plain), "ours": behind_chalice(ours)}


def cpu(request: Callable[[], None]) -> float:
    """Seconds of CPU for one request."""
    start = time.process_time()
    for _ in range(VOTES_A_ROUND):
        request()
    return (time.process_time() - start) / VOTES_A_ROUND


def main() -> None:
    """Print both, in turns, and their ratios."""
    if engines.find("dynamodb-local") is None:
        sys.exit(f"Not measured, missing: {engines.NAMES['dynamodb-local']}")
    starts = {name: [] for name in COLD}
    for _ in range(STARTS):
        for name, program in COLD.items():
            starts[name].append(cold(program))
    requests = writers()
    votes = {name: [] for name in requests}
    for _ in range(ROUNDS):
        for name, request in requests.items():
            votes[name].append(cpu(request))
    for what, found, unit, most in (("cold start", starts, 1e3, 0.6), ("CPU per vote", votes, 1e6, 0.5)):
        theirs, own = median(found["boto3"]), median(found["ours"])
        shown = f"boto3 {theirs * unit:7.0f}   ours {own * unit:7.0f}   ratio {own / theirs:.2f} (at most {most})"
        print(f"{what + (', ms' if unit == 1e3 else ', µs'):18}{shown}")


if __name__ == "__main__":
    main()
