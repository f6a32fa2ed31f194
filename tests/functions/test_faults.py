"""A thousand ways for a voting to go wrong, and each vote is counted once in all of them."""

from collections import Counter

import pytest
from simulator import simulate

SCHEDULES, PARTS = 1000, 10
FAULTS = {"crash", "stall", "away", "early", "written", "repeated", "RefusedError", "UnavailableError"}


@pytest.mark.parametrize("part", range(PARTS))
def test_every_vote_is_counted_once_whatever_happens(part):
    happened = Counter[str]()
    for seed in range(part * SCHEDULES // PARTS, (part + 1) * SCHEDULES // PARTS):
        happened.update(simulate(seed).happened)
    assert {fault for fault, times in happened.items() if times >= 10} == FAULTS
