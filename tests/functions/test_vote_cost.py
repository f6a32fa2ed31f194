"""What a vote costs the store does not grow with the votes that are there."""

from chalicelib.store import Slot, Vote
from voters import PAPER, h_of


def steps_of_a_vote(store, number: int) -> int:
    """How many steps of SQLite's machine one vote takes, in tens."""
    counted = []
    store._open.set_progress_handler(lambda: counted.append(1), 10)
    cast(store, number)
    store._open.set_progress_handler(None, 10)
    return len(counted)


def cast(store, number: int) -> None:
    slot = Slot("qd", "2020-08-24", number.to_bytes(16, "big"))
    assert store.cast(PAPER, slot, Vote(h_of(str(number)), ("c1",), f"{number:016x}", "2020-08-24"))[0]


def test_the_thousandth_vote_costs_what_the_tenth_does(store):
    for number in range(10):
        cast(store, number)
    tenth = steps_of_a_vote(store, 10)
    for number in range(11, 1000):
        cast(store, number)
    assert steps_of_a_vote(store, 1000) <= tenth + 5
