"""What `publish.py check` computes of a rule is what AWS's own engine weighs: never less, and not much more."""

from dataclasses import replace

import dynamodb
import pytest
from chalicelib.dynamo import DynamoStore
from chalicelib.store import Slot, Vote
from dynamodb import VOTES, Metered
from engines import needs
from voters import PAPER, RULE, h_of

from awards.itemsize import UNIT, largest

pytestmark = needs("dynamodb-local")
CATEGORIES = ["cy", "ms", "zf"]
CASES = {f"2020-{CATEGORIES[number % 3]}-{number:04}": CATEGORIES[number % 3] for number in range(300)}
EDITION = "shanghai-2019"
DAY = "2020-08-24"
PERIODS = {"day": DAY, "week": "2020-W35", "edition": "edition", "5 minutes": f"{DAY}T12:05"}
RULES = [
    {},
    {"votes": 10},
    {"votes": 10, "per_case": 1},
    {"votes": 10, "per_case": 1, "per_category": 10},
    {"votes": 5, "at_least": 10, "at_most": 10},
    {"votes": 1, "at_most": 60},
    {"votes": 1, "per": "edition", "at_most": 12, "per_category": 10},
    {"votes": 12, "per": "week", "per_case": 1},
    {"votes": 3, "per": "5 minutes", "at_least": 2, "at_most": 2, "per_category": 2},
    {"votes": 40, "at_most": 3},
    {"votes": 100},
]


def fill(account, **rule) -> list[float]:
    """Cast all ballots that a rule admits, each as full as can be, with the cases in turn; the units of each write."""
    client = Metered(account.client())
    store = DynamoStore(client, None, VOTES, dynamodb.STATE)
    paper = replace(PAPER, edition=EDITION, version=1000, cases=CASES, rule=replace(RULE, **rule))
    slot, left = Slot(EDITION, PERIODS[paper.rule.per], b"s" * 16), sorted(CASES, key=lambda case: case[-4:])
    for number in range(paper.rule.votes):
        for many in range(paper.rule.at_most, paper.rule.at_least - 1, -1):
            chosen = tuple(sorted(left[:many]))
            if store.cast(paper, slot, Vote(h_of(str(number)), chosen, f"{number:016x}", DAY))[0]:
                left = left[many:]
                break
    return client.units


def weight(account) -> int:
    """What the engine takes the one item for: text is added until another unit is written."""
    client = account.client()
    (item,) = client.scan(TableName=VOTES)["Items"]
    low, high = 0, UNIT
    units = _units(client, item, 0)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _units(client, item, middle) == units else (low, middle)
    return int(units * UNIT) - low - len("pad")


def _units(client, item, pad: int) -> float:
    client.delete_item(TableName=VOTES, Key={name: item[name] for name in ("pk", "sk")})  # else the larger one counts
    answer = client.put_item(TableName=VOTES, Item=item | {"pad": {"S": "x" * pad}}, ReturnConsumedCapacity="TOTAL")
    return float(answer["ConsumedCapacity"]["CapacityUnits"])


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_largest_item_of_a_rule_is_as_large_as_computed(rule):
    account = dynamodb.Account()
    units = fill(account, **rule)
    computed = largest(replace(RULE, **rule), EDITION, len("2020-cy-0001"), CATEGORIES)
    weighed = weight(account)
    assert weighed <= computed <= weighed + 4
    assert (max(units) == 1) == (computed <= UNIT)
