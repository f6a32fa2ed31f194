"""What every store of submissions promises (docstring of chalicelib.submission_store), asked of each in turn."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from chalicelib.drafts import Draft, File, State
from chalicelib.dynamo_submissions import DynamoSubmissions
from chalicelib.submission_store import DAY, LARGEST, SQLiteSubmissions, text_of
from dynamodb import SUBMISSIONS, Account, Faulty
from engines import needs
from together import at_once

from awards.entering import Places

STORES = ["sqlite", pytest.param("dynamodb", marks=needs("dynamodb-local"))]
CALL = {"edition": "qd", "version": 1, "edition_toml": "id = 'qd'", "form_toml": "", "opens": None, "closes": None}
DRAFT = Draft("qd", "a1" * 8, "t" * 64, "entrant@example.org", "zh-CN", answers={"title": "一键呼叫"})
UNIT = "91370200MA00000001"
NONE, ONE = Places(), Places().taken(DRAFT.draft, frozenset({"cy"}))
Open = Callable[[], Any]


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Open]:
    opened: list[SQLiteSubmissions] = []

    def open_one() -> SQLiteSubmissions:
        opened.append(SQLiteSubmissions(tmp_path / "submissions.sqlite", wait=10))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def dynamodb() -> Iterator[Open]:
    account, opened = Account(), []

    def open_one() -> DynamoSubmissions:
        opened.append(account.submissions())
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture(params=STORES)
def another(request: pytest.FixtureRequest) -> Open:
    """One more handle on the same store."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def store(another: Open) -> Any:
    return another()


@pytest.fixture
def draft(store: Any) -> Draft:
    """A draft, as the store knows it."""
    assert store.create(DRAFT)
    return store.draft("qd", DRAFT.draft)


def submitted(draft: Draft, number: str = "2020-0001") -> Draft:
    return replace(draft, state=State.SUBMITTED, number=number, unit=UNIT)


def test_a_draft_is_there_whole_for_whoever_opens_the_store_next(store, another):
    full = replace(
        submitted(DRAFT),
        files=(File("f1", "pictures", "图.jpg", "image/jpeg", 5, "ab" * 32, done=True),),
        decisions=({"decision": "return", "reason": "请盖章", "at": "2020-08-22T00:00:00+00:00", "by": "甲"},),
        recommended={"recommend": True, "reason": "好", "at": "2020-08-22T00:00:00+00:00", "by": "shinan"},
    )
    assert store.create(full)
    assert another().draft("qd", full.draft) == full
    assert another().draft("other", full.draft) is None
    assert another().draft("qd", "0" * 16) is None


def test_a_draft_is_created_once(store, draft):
    assert not store.create(replace(DRAFT, email="other@example.org"))
    assert store.draft("qd", DRAFT.draft) == DRAFT


def test_a_draft_of_the_largest_size_is_kept(store):
    chinese = (LARGEST - len(text_of(DRAFT).encode())) // 3
    large = replace(DRAFT, answers={"title": "".join(chr(0x4E00 + at * 7919 % 20_000) for at in range(chinese))})
    assert store.create(large)
    assert store.draft("qd", DRAFT.draft) == large


def test_who_saw_an_older_draft_changes_nothing(store, draft):
    assert store.replace(draft, replace(draft, revision=2))
    assert not store.replace(draft, replace(draft, revision=3), ((UNIT, NONE, ONE),))
    assert (store.draft("qd", draft.draft).revision, store.places("qd", UNIT)) == (2, NONE)


def test_also_a_change_that_leaves_the_revision_alone_is_not_written_over(store, draft):
    file = File("f1", "pictures", "图.jpg", "image/jpeg", 5)
    assert store.replace(draft, replace(draft, files=(file,)))
    assert not store.replace(draft, replace(draft, state=State.WITHDRAWN))
    assert store.draft("qd", draft.draft).files == (file,)


def test_of_sixteen_saves_at_once_exactly_one_is_written(store, another, draft):
    stores = [another() for _ in range(4)]
    saves = [replace(draft, revision=2, answers={"title": str(number)}) for number in range(16)]
    assert sum(at_once(16, lambda number: stores[number % 4].replace(draft, saves[number]))) == 1
    assert store.draft("qd", draft.draft) in saves


def test_places_are_taken_with_the_draft_or_neither_is(store, draft):
    assert store.replace(draft, submitted(draft), ((UNIT, NONE, ONE),))
    assert (store.draft("qd", draft.draft).state, store.places("qd", UNIT)) == (State.SUBMITTED, ONE)
    second = replace(DRAFT, draft="b2" * 8)
    assert store.create(second)
    second = store.draft("qd", second.draft)
    assert not store.replace(second, submitted(second), ((UNIT, NONE, Places().taken(second.draft, frozenset())),))
    assert (store.draft("qd", second.draft), store.places("qd", UNIT)) == (second, ONE)


def test_a_submission_moves_from_one_unit_to_another_in_one_step(store, draft):
    store.replace(draft, submitted(draft), ((UNIT, NONE, ONE),))
    there = store.draft("qd", draft.draft)
    assert store.replace(there, replace(there, unit="other"), ((UNIT, ONE, NONE), ("other", NONE, ONE)))
    assert (store.places("qd", UNIT), store.places("qd", "other")) == (NONE, ONE)


def test_places_that_were_freed_may_be_taken_again(store, draft):
    store.replace(draft, submitted(draft), ((UNIT, NONE, ONE),))
    there = store.draft("qd", draft.draft)
    assert store.replace(there, replace(there, state=State.WITHDRAWN, unit=""), ((UNIT, ONE, NONE),))
    there = store.draft("qd", draft.draft)
    assert store.replace(there, submitted(there), ((UNIT, NONE, ONE),))


def test_places_belong_to_one_edition(store, draft):
    store.replace(draft, submitted(draft), ((UNIT, NONE, ONE),))
    assert store.places("other", UNIT) == NONE


def test_of_eight_who_take_the_same_place_at_once_exactly_one_gets_it(store, another):
    stores, drafts = [another() for _ in range(4)], []
    for number in range(8):
        assert store.create(replace(DRAFT, draft=f"{number}" * 16))
        drafts.append(store.draft("qd", f"{number}" * 16))

    def attempt(number: int) -> bool:
        mine = drafts[number]
        moved = ((UNIT, NONE, Places().taken(mine.draft, frozenset())),)
        return bool(stores[number % 4].replace(mine, submitted(mine), moved))

    assert sum(at_once(8, attempt)) == 1
    taken = [each.draft for each in store.drafts("qd") if each.state is State.SUBMITTED]
    assert taken == list(store.places("qd", UNIT).held)


def test_all_drafts_of_an_edition_are_listed_and_no_other(store):
    mine = [replace(DRAFT, draft=f"{number:016x}"[::-1]) for number in range(40)]
    for each in (*mine, replace(DRAFT, edition="other")):
        assert store.create(each)
    assert sorted(each.draft for each in store.drafts("qd")) == sorted(each.draft for each in mine)


def test_no_number_is_given_twice(store, another):
    stores = [another() for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda at: stores[at % 4].next_number("qd"), range(24)))
    assert sorted(numbers) == list(range(1, 25))
    assert store.next_number("other") == 1


def test_numbers_start_above_those_of_the_cases_that_are_there(store, another):
    stores = [another() for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda at: stores[at % 4].next_number("qd", 160), range(24)))
    assert (len(set(numbers)), min(numbers)) == (24, 160)
    assert store.next_number("qd", 100) == max(numbers) + 1
    assert store.next_number("qd", 500) == 500


def test_a_quota_is_spent_once_for_each_and_each_key_has_its_own(store, another):
    stores = [another() for _ in range(4)]
    assert sum(at_once(12, lambda number: stores[number % 4].spend("qd/a", 5, 1_600_000_000))) == 5
    assert store.spend("qd/b", 5, 1_600_000_000)


def test_on_one_machine_a_quota_that_is_over_is_forgotten(sqlite):
    store, ends = sqlite(), 1_600_000_000
    assert store.spend("qd/a", 5, ends)
    assert store.spend("qd/b", 5, ends + DAY)
    assert store.spend("qd/c", 5, ends + DAY + 1)
    with store._read() as db:
        assert [key for (key,) in db.execute("SELECT key FROM quotas ORDER BY key")] == ["qd/b", "qd/c"]


def test_a_call_is_replaced_by_a_later_version_alone(store, another):
    assert store.call("qd") is None
    assert store.put_call(CALL)
    assert not store.put_call(CALL | {"form_toml": "other"})
    assert store.put_call(CALL | {"version": 2, "form_toml": "申报表"})
    assert not store.put_call(CALL | {"form_toml": "older"})
    assert another().call("qd") == CALL | {"version": 2, "form_toml": "申报表"}
    assert another().call("other") is None


def test_a_key_is_made_once_and_is_32_bytes(store, another):
    keys = {another().make_key("qd", "2020-08-24") for _ in range(3)}
    assert [len(key) for key in keys] == [32]
    assert store.make_key("qd", "2020-08-25") not in keys


@needs("dynamodb-local")
@pytest.mark.parametrize(("operation", "places"), [("put_item", ()), ("transact_write_items", ((UNIT, NONE, ONE),))])
def test_a_write_whose_answer_was_lost_is_found_again(operation, places):
    account = Account()
    store = account.submissions()
    assert store.create(DRAFT)
    draft, lost = store.draft("qd", DRAFT.draft), ReadTimeoutError(endpoint_url="the engine's")
    deaf = DynamoSubmissions(Faulty(account.client(), operation, lost, 1, carried_out=True), SUBMISSIONS)
    assert deaf.replace(draft, submitted(draft), places)
    assert (store.draft("qd", DRAFT.draft).state, store.places("qd", UNIT)) == ("submitted", ONE if places else NONE)
