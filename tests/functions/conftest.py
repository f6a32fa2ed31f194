"""What the tests of the functions share: a store with a paper, and the voting on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from chalicelib.casting import Voting
from chalicelib.store import SQLiteStore
from chalicelib.trust import Trust
from voters import PAPER, Hands, put

from awards.ballot import BallotPaper


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "votes.sqlite", wait=0.3)
    put(store)
    yield store
    store.close()


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def voting(store: SQLiteStore, clock: Hands) -> Voting:
    return Voting(store, Trust(), clock)


@pytest.fixture
def paper() -> BallotPaper:
    return PAPER
