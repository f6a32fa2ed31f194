"""Limits: how often one legal unit may enter, whoever submits and withdraws in whatever order."""

from dataclasses import replace
from pathlib import Path

import pytest
import submissions
from hypothesis import given, settings
from hypothesis import strategies as st

from awards.content import load
from awards.entering import (
    Limits,
    Places,
    admits,
    counts,
    fields_of,
    limited_keys,
    limits_of,
    places_of,
    unit_of,
)
from awards.submission import Finality, check, facts_of

ROOT = Path(__file__).parent.parent.parent
LOADED = {name: load(ROOT / "content" / "editions" / name)[0] for name in submissions.EDITIONS}
CALM = settings(deadline=None)  # a busy machine is no fault
NUMBERS = st.none() | st.integers(1, 3)
LIMITS = st.builds(Limits, NUMBERS, NUMBERS, NUMBERS)
FIELDS = st.frozensets(st.sampled_from("abcd"), min_size=1, max_size=2)
DEEDS = st.lists(st.tuples(st.sampled_from(["submit", "withdraw"]), st.sampled_from("123456"), FIELDS), max_size=30)


def held(**submitted: str) -> Places:
    return Places({key: frozenset(fields.split()) for key, fields in submitted.items()})


def refused(limits: Limits, places: Places, submission: str, fields: str) -> list[str]:
    return [fault.path for fault in admits(limits, places, submission, frozenset(fields.split()))]


def values_of(name: str, **answers) -> dict:
    edition = LOADED[name]
    checked = check(edition.form, {**submissions.complete(name), **answers}, facts_of(edition), Finality.SUBMISSION)
    assert checked.faults == ()
    return dict(checked.values)


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("qingdao-2017", Limits(None, None, None)),
        ("qingdao-2019", Limits(None, 2, None)),
        ("qingdao-2020", Limits(None, 2, None)),
        ("jinan-2021", Limits(1, None, None)),
        ("ccace-2021", Limits(None, None, 3)),
    ],
)
def test_the_limits_are_those_of_the_rules(name, limits):
    assert limits_of(LOADED[name].entrants) == limits


def test_qingdao_takes_two_cases_of_one_entrant_in_each_field():
    limits = limits_of(LOADED["qingdao-2019"].entrants)
    places = held(one="cs/guanli", two="cs/guanli")
    assert refused(limits, places, "three", "cs/guanli") == ["cs/guanli"]
    assert refused(limits, places, "three", "cs/dianli") == []
    assert refused(limits, places.freed("one"), "three", "cs/guanli") == []


def test_jinan_takes_one_project_of_a_unit():
    limits = limits_of(LOADED["jinan-2021"].entrants)
    assert [fault.code for fault in admits(limits, held(one="cj"), "two", frozenset({"sz"}))] == ["over_limit"]
    assert refused(limits, held(one="cj"), "one", "sz") == []


def test_ccace_takes_any_number_of_cases_in_three_fields():
    limits = limits_of(LOADED["ccace-2021"].entrants)
    places = held(one="medicine tourism", two="medicine community")
    assert refused(limits, places, "three", "tourism medicine") == []
    assert refused(limits, places, "three", "safety") == ["fields"]


def test_a_submission_that_has_its_place_may_submit_again():
    assert admits(Limits(1, 1, 1), held(one="a", two="a"), "one", frozenset("a")) == ()


def test_a_branch_counts_for_its_group_and_a_subsidiary_for_itself():
    edition = LOADED["qingdao-2019"]
    branch = values_of("qingdao-2019", legal_form="branch")
    subsidiary = values_of("qingdao-2019", legal_form="legal-person")
    assert unit_of(edition.form, branch, edition.entrants) == submissions.GROUP
    assert unit_of(edition.form, subsidiary, edition.entrants) == submissions.COMPANY
    apart = replace(edition.entrants, group_is_one=False)
    assert unit_of(edition.form, branch, apart) == submissions.COMPANY


def test_a_field_counts_within_its_category_and_an_area_of_ccace_by_itself():
    assert fields_of(LOADED["qingdao-2019"].form, values_of("qingdao-2019")) == {"cs/guanli"}
    assert fields_of(LOADED["jinan-2021"].form, values_of("jinan-2021")) == {"qt"}
    assert fields_of(LOADED["ccace-2021"].form, values_of("ccace-2021")) == {"community", "ageing", "other"}


def test_each_count_that_is_limited_has_its_key():
    assert limited_keys(Limits(1, 2, 3), "U", frozenset({"b", "a"})) == (
        ("U", 1),
        ("U/a", 2),
        ("U/b", 2),
        ("U//fields", 3),
    )
    assert limited_keys(Limits(None, None, None), "U", frozenset("a")) == ()


@CALM
@given(LIMITS, DEEDS)
def test_no_order_of_submitting_and_withdrawing_exceeds_a_limit(limits, deeds):
    places = Places()
    for deed, submission, fields in deeds:
        if deed == "withdraw":
            places = places.freed(submission)
        elif not admits(limits, places, submission, fields):
            places = places.taken(submission, fields)
        found = counts(places, "U")
        assert all(found[key] <= most for key, most in limited_keys(limits, "U", frozenset("abcd")))


@CALM
@given(LIMITS, DEEDS, st.randoms(use_true_random=False))
def test_two_that_read_the_same_places_cannot_both_take_the_last_one(limits, deeds, chance):
    """A store as it must be: an item is written only if nobody wrote it since it was read."""
    version, item = 0, Places().item()
    reads: list[tuple[int, Places, str, frozenset[str]]] = []
    for _, submission, fields in deeds:
        reads.append((version, places_of(item), submission, fields))
        if chance.random() < 0.5:
            seen, places, name, wanted = reads.pop(chance.randrange(len(reads)))
            if seen == version and not admits(limits, places, name, wanted):
                version, item = version + 1, places.taken(name, wanted).item()
        found = counts(places_of(item), "U")
        assert all(found[key] <= most for key, most in limited_keys(limits, "U", frozenset("abcd")))


@CALM
@given(DEEDS)
def test_places_are_the_same_when_they_were_stored(deeds):
    places = Places()
    for _, submission, fields in deeds:
        places = places.taken(submission, fields)
    assert places_of(places.item()) == places


@CALM
@given(DEEDS)
def test_a_place_that_is_freed_is_as_if_it_had_never_been_taken(deeds):
    places = Places()
    for _, submission, fields in deeds:
        places = places.taken(submission, fields)
    assert places.freed("new") == places == places.taken("new", frozenset("a")).freed("new")
