"""A thousand ways for a voting to go wrong, and some on the DynamoDB store: each vote is counted once in all."""

from collections import Counter

import pytest
from cloud import Cloud
from engines import needs
from simulator import simulate

SCHEDULES, PARTS = 1000, 10
FAULTS = {"crash", "stall", "away", "early", "written", "repeated", "RefusedError", "UnavailableError", "lost"}
CLOUD_SCHEDULES, CLOUD_PARTS = 16, 4  # a second of two processors each; make soak STORE=dynamodb runs more
LINE = {"dropped", "lost", "doubled", "held", "throttled", "failed"}
STREAM = {"split", "trimmed", "early"}


@pytest.mark.parametrize("part", range(PARTS))
def test_every_vote_is_counted_once_whatever_happens(part):
    happened = Counter[str]()
    for seed in range(part * SCHEDULES // PARTS, (part + 1) * SCHEDULES // PARTS):
        happened.update(simulate(seed))
    assert {fault for fault, times in happened.items() if times >= 5} >= FAULTS


@pytest.fixture(scope="module")
def happened() -> Counter[str]:
    """What happened in the schedules on DynamoDB."""
    return Counter()


@needs("dynamodb-local")
@pytest.mark.parametrize("part", range(CLOUD_PARTS))
def test_every_vote_on_dynamodb_is_counted_once_whatever_happens(part, happened):
    for seed in range(part * CLOUD_SCHEDULES // CLOUD_PARTS, (part + 1) * CLOUD_SCHEDULES // CLOUD_PARTS):
        happened.update(simulate(seed, Cloud))
    if part == CLOUD_PARTS - 1:
        assert LINE | STREAM | {"crash", "stall", "written", "repeated"} <= happened.keys()
