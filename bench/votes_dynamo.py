"""What an accepted vote costs on DynamoDB, and what is counted when handlers crash: ours beside two naive designs.

Ours           one conditional write; the counts are derived from the table's stream
A transaction  puts the vote and adds to a counter in one transaction
C put, add     puts the vote, then adds to a counter

AWS's own engine on this machine meters the units. Then the same crashes hit all three: a handler dies before a call is
sent, or after it was carried out and before anybody hears of it, and its voter sends the same ballot again.

    python bench/votes_dynamo.py [VOTES]
"""

import random
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent.parent / folder) for folder in ("tests", "functions", "")]

import engines  # noqa: E402 after the path is set
from botocore.exceptions import ClientError  # noqa: E402
from chalicelib.dynamo import DynamoStore  # noqa: E402
from chalicelib.store import Slot, Vote  # noqa: E402
from dynamodb import STATE, VOTES, Account  # noqa: E402
from voters import PAPER, RULE, h_of  # noqa: E402

from awards.ballot import BallotPaper  # noqa: E402

DAY = "2020-08-24"
CASES = [f"2020-cy-{number:04}" for number in range(10)]
CRASHES = 0.1  # of all calls, before; and as many after
AT_ONCE = 16
TRIES = 20  # of one voter
WRITES = ("update_item", "put_item", "transact_write_items")


class CrashError(Exception):
    """The handler died; the voter's page sends the ballot again."""


class Metered:
    """A client that adds up the write units of each call and, where told, crashes by a schedule that a seed makes."""

    def __init__(self, client: Any, *, crashing: bool = False, seed: int = 0) -> None:  # noqa: ANN401 untyped
        self._client = client
        self._draw = random.Random(seed if crashing else 0)
        self._crashing = crashing
        self.units = 0.0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._client, name)
        return (lambda **params: self._write(call, params)) if name in WRITES else call

    def _write(self, call: Callable[..., Any], params: dict[str, Any]) -> Any:  # noqa: ANN401 as above
        fate = self._draw.random() if self._crashing else 1.0
        if fate < CRASHES:
            raise CrashError
        answer = call(**params, ReturnConsumedCapacity="TOTAL")
        consumed = answer["ConsumedCapacity"]
        self.units += sum(each["CapacityUnits"] for each in (consumed if isinstance(consumed, list) else [consumed]))
        if fate < 2 * CRASHES:
            raise CrashError
        return answer


def ours(client: Metered, paper: BallotPaper, voter: int, case: str) -> bool:
    """Whether the voter is told that the vote counts."""
    slot = Slot("qingdao-2020", DAY, voter.to_bytes(16, "big"))
    ballot = Vote(h_of(f"{voter} {case}"), (case,), f"{random.getrandbits(64):016x}", DAY)
    written, before = DynamoStore(client, None, VOTES, STATE).cast(paper, slot, ballot)
    return written or any(ballot.h == other.h for other in before)


def vote_item(voter: int, case: str) -> dict[str, Any]:
    """How a naive design keeps a vote: an item for voter, day and case, on the condition that there is none."""
    item = {"pk": {"S": f"vote|{DAY}|{voter}"}, "sk": {"S": case}, "h": {"S": h_of(f"{voter} {case}")}}
    return {"TableName": STATE, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}


def counter(case: str) -> dict[str, Any]:
    """How a naive design counts it."""
    return {
        "TableName": STATE,
        "Key": {"pk": {"S": "counter"}, "sk": {"S": case}},
        "UpdateExpression": "ADD votes :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }


def transaction(client: Metered, _: BallotPaper, voter: int, case: str) -> bool:
    """Design A."""
    while True:
        try:
            client.transact_write_items(TransactItems=[{"Put": vote_item(voter, case)}, {"Update": counter(case)}])
        except ClientError as error:
            if any(reason["Code"] == "ConditionalCheckFailed" for reason in error.response["CancellationReasons"]):
                return False
        else:
            return True


def put_then_add(client: Metered, _: BallotPaper, voter: int, case: str) -> bool:
    """Design C."""
    try:
        client.put_item(**vote_item(voter, case))
    except client.exceptions.ConditionalCheckFailedException:
        return False
    client.update_item(**counter(case))
    return True


Design = Callable[[Metered, BallotPaper, int, str], bool]
DESIGNS: dict[str, Design] = {"ours": ours, "A transaction": transaction, "C put, add": put_then_add}


def counted(account: Account, design: Design) -> int:
    """How many votes the design has counted."""
    if design is ours:
        return len(account.store().arrivals({}, sys.maxsize)[0])
    query = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "counter"}}}
    return sum(int(item["votes"]["N"]) for item in account.client().query(TableName=STATE, **query)["Items"])


def units(design: Design, a_day: int) -> float:
    """Write units per accepted vote, where nothing fails."""
    client, paper = Metered(Account().client()), replace(PAPER, rule=replace(RULE, votes=a_day, per_case=1))
    accepted = [design(client, paper, voter, case) for voter in range(10) for case in CASES[:a_day]]
    return client.units / sum(accepted)


def crashes(design: Design, votes: int) -> tuple[int, int]:
    """Of so many honest voters, each sending until told: who was told yes, and how many are counted."""
    account, paper = Account(), PAPER
    plain = account.client()

    def voter(number: int) -> bool:
        client = Metered(plain, crashing=True, seed=number + 1)
        for _ in range(TRIES):
            try:
                return design(client, paper, number, CASES[number % len(CASES)])
            except CrashError:
                continue
        return False

    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = sum(pool.map(voter, range(votes)))
    return told, counted(account, design)


def main() -> None:
    """Print the table."""
    if engines.find("dynamodb-local") is None:
        sys.exit(f"Not measured, missing: {engines.NAMES['dynamodb-local']}")
    votes = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    print(f"{votes} honest voters, {AT_ONCE} at once; {CRASHES:.0%} of calls crash before, {CRASHES:.0%} after\n")
    print(f"{'':15}{'units, 1 a day':>16}{'10 a day':>10}{'told yes':>10}{'counted':>9}{'miscounted':>12}")
    for name, design in DESIGNS.items():
        told, count = crashes(design, votes)
        shown = f"{units(design, 1):16.2f}{units(design, 10):10.2f}{told:10}{count:9}{count - votes:12}"
        print(f"{name:15}{shown}")


if __name__ == "__main__":
    main()
