"""Votes over a line to DynamoDB that drops and delays: told and counted are the same, whatever is lost on the way."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import dynamodb
import pytest
from badline import bad_line
from chalicelib.dynamo import DynamoStore
from chalicelib.dynamo_calls import connect
from chalicelib.refused import UnavailableError
from chalicelib.store import Slot, Vote
from chalicelib.wire import Credentials, Wire
from engines import needs
from voters import PAPER, h_of

pytestmark = needs("dynamodb-local")
VOTERS, TRIES = 300, 30


@pytest.mark.parametrize("thin", [True, False], ids=["wire", "botocore"])
def test_each_voter_who_sends_until_told_is_counted_once(thin):
    account = dynamodb.Account()
    keys = account.session.get_credentials()
    with bad_line(urlsplit(dynamodb.endpoint()).port, seed=7) as line:
        wire = Wire(dynamodb.REGION, Credentials(keys.access_key, keys.secret_key, None), line.address, read=2)
        client = wire if thin else connect("dynamodb", line.address, account.session, read=2)
        store = DynamoStore(client, None, dynamodb.VOTES, dynamodb.STATE)

        def told(number: int) -> str:
            """The id of the vote that a voter is told of; each try has an id of its own, as a handler makes it."""
            slot, h = Slot("qd", "2020-08-24", number.to_bytes(2, "big") * 8), h_of(str(number))
            for attempt in range(TRIES):
                ballot = Vote(h, ("c1",), f"{number}/{attempt}", "2020-08-24")
                try:
                    written, before = store.cast(PAPER, slot, ballot)
                except UnavailableError:
                    continue
                return ballot.id if written else before[0].id
            raise AssertionError("never told")

        with ThreadPoolExecutor(16) as pool:
            receipts = list(pool.map(told, range(VOTERS)))
        store.close()
    assert min(line.dropped.values()) > 5
    assert sorted(vote.id for vote in account.store().arrivals({}, 9999)[0]) == sorted(receipts)
