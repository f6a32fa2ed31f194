"""What the tests of the functions share: a store with a paper, the voting on it, the store on DynamoDB, entrants."""

from collections.abc import Iterator
from pathlib import Path

import dynamodb
import pytest
from chalicelib.casting import Voting
from chalicelib.dynamo import DynamoStore
from chalicelib.store import SQLiteStore
from chalicelib.submission_store import SQLiteSubmissions
from chalicelib.trust import Trust
from engines import needs
from entries import Desk, Entrant, call_of
from voters import PAPER, Hands, put

from awards.ballot import BallotPaper

STORES = ["sqlite", pytest.param("dynamodb", marks=needs("dynamodb-local"))]


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


@pytest.fixture
def account() -> dynamodb.Account:
    """An account of DynamoDB Local; who asks for it is marked needs("dynamodb-local")."""
    return dynamodb.Account()


@pytest.fixture
def dynamo(account: dynamodb.Account) -> Iterator[DynamoStore]:
    store = account.store()
    yield store
    store.close()


@pytest.fixture(params=STORES)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    on_sqlite = request.param == "sqlite"
    store = (
        SQLiteSubmissions(tmp_path / "submissions.sqlite", wait=20) if on_sqlite else dynamodb.Account().submissions()
    )
    assert store.put_call(call_of())
    yield Desk(store, tmp_path)
    store.close()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    """On SQLite, where the store makes no difference."""
    store = SQLiteSubmissions(tmp_path / "submissions.sqlite", wait=20)
    assert store.put_call(call_of())
    yield Desk(store, tmp_path)
    store.close()


@pytest.fixture
def entrant(here: Desk) -> Entrant:
    return here.entrant()
