"""Turns: so many at once, a few who wait, and nobody else."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from chalicelib.refused import UnavailableError
from chalicelib.turns import Turns


def test_who_finds_no_place_to_wait_is_told_so_at_once():
    turns, inside, leave = Turns("tests", 2, waiting=1, seconds=20), Barrier(3), Event()

    def hold() -> None:
        with turns.turn():
            inside.wait()
            leave.wait()

    def wait() -> str:
        with turns.turn():
            return "had its turn"

    with ThreadPoolExecutor(3) as pool:
        holders = [pool.submit(hold) for _ in range(2)]
        inside.wait()
        waiting = pool.submit(wait)
        while turns._inside._value:
            time.sleep(0.01)
        began = time.monotonic()
        with pytest.raises(UnavailableError, match="tests"):
            wait()
        assert time.monotonic() - began < 1
        leave.set()
        assert [waiting.result(), *(holder.result() for holder in holders)] == ["had its turn", None, None]
    assert wait() == "had its turn"


def test_who_waits_too_long_is_told_so_and_its_place_is_free_again():
    turns = Turns("tests", 1, waiting=1, seconds=0.05)
    with turns.turn():
        for _ in range(3):
            with pytest.raises(UnavailableError), turns.turn():
                pass
    with turns.turn():
        pass


def test_a_turn_that_breaks_is_over():
    turns = Turns("tests", 1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.turn():
            1 / 0  # noqa: B018 it breaks
