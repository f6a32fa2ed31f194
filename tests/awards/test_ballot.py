from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awards import ballot
from awards.ballot import Ballot, BallotPaper, State
from awards.errors import PingxuanError
from awards.model import VotingRule, Window

ZONE = "Asia/Shanghai"
H = "0123456789abcdef0123456789abcdef"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE))


RULE = VotingRule(
    subject="address",
    per="day",
    votes=1,
    per_case=None,
    per_category=None,
    at_least=1,
    at_most=1,
    floor=None,
    hidden=False,
    origins=(),
    window=Window(at("2020-08-22"), at("2020-09-01")),
    zone=ZONE,
)
PAPER = BallotPaper(
    "qd", 1, "评选", "zh-CN", RULE, {"c1": "cy", "c2": "cy", "c3": "ms", "gone": "ms"}, frozenset({"gone"})
)
PERS = st.sampled_from(["day", "week", "edition", "1 minutes", "5 minutes", "7 minutes", "90 minutes", "1440 minutes"])
INSTANTS = st.integers(978_307_200, 2_114_380_800).map(
    lambda second: datetime.fromtimestamp(second, UTC)
)  # 2001 to 2036


@pytest.mark.parametrize(
    ("per", "name", "ends"),
    [
        ("day", "2020-08-24", "2020-08-25"),
        ("week", "2020-W35", "2020-08-31"),
        ("5 minutes", "2020-08-24T10:05", "2020-08-24 10:10"),
        ("edition", "edition", None),
    ],
)
def test_a_period_is_named_by_the_clock_of_the_zone(per, name, ends):
    period = ballot.period_at(replace(RULE, per=per), at("2020-08-24 10:07:59.999999"))
    assert (period.name, period.ends) == (name, ends and at(ends))


def test_the_last_minutes_of_a_day_end_at_midnight_where_the_minutes_do_not_fit():
    period = ballot.period_at(replace(RULE, per="7 minutes"), at("2020-08-24 23:59:30"))
    assert (period.name, period.ends) == ("2020-08-24T23:55", at("2020-08-25"))


@given(PERS, INSTANTS, INSTANTS)
def test_period_names_sort_as_time_does(per, one, other):
    rule = replace(RULE, per=per)
    early, late = sorted((one, other))
    assert ballot.period_at(rule, early).name <= ballot.period_at(rule, late).name


@given(PERS.filter(lambda per: per != "edition"), INSTANTS)
def test_a_period_ends_exactly_where_the_next_begins(per, now):
    rule = replace(RULE, per=per)
    period = ballot.period_at(rule, now)
    assert now < period.ends
    assert ballot.period_at(rule, period.ends - timedelta(microseconds=1)).name == period.name
    assert ballot.period_at(rule, period.ends).name > period.name


@given(st.sampled_from(["day", "week", "30 minutes"]), INSTANTS, st.sampled_from(["Europe/Brussels", "America/Havana"]))
def test_where_clocks_change_a_period_still_ends_later_and_in_another(per, now, zone):
    rule = replace(RULE, per=per, zone=zone)
    period = ballot.period_at(rule, now)
    assert now < period.ends
    assert ballot.period_at(rule, period.ends).name > period.name


def test_the_window_is_half_open():
    instants = ("2020-08-21 23:59:59.999999", "2020-08-22", "2020-08-31 23:59:59.999999", "2020-09-01")
    found = [ballot.state(RULE, at(instant)) for instant in instants]
    assert found == [State.BEFORE, State.OPEN, State.OPEN, State.CLOSED]


def test_an_opening_that_is_undecided_has_not_come():
    assert ballot.state(replace(RULE, window=Window(None, None)), at("2020-08-24")) is State.BEFORE


@pytest.mark.parametrize(
    ("per", "now", "following"),
    [
        ("day", "2020-08-24 10:00", "2020-08-25"),
        ("day", "2020-08-31 10:00", None),
        ("week", "2020-08-24 10:00", "2020-08-31"),
        ("week", "2020-08-31 10:00", None),
        ("edition", "2020-08-24 10:00", None),
        ("5 minutes", "2020-08-31 23:50", "2020-08-31 23:55"),
        ("5 minutes", "2020-08-31 23:55", None),
    ],
)
def test_the_next_vote_is_in_the_next_period_unless_voting_closes_before_it(per, now, following):
    assert ballot.next_vote(replace(RULE, per=per), at(now)) == (following and at(following))


def test_after_the_close_the_last_period_is_the_one_before_it():
    assert ballot.last_period(RULE, at("2020-09-05")).name == "2020-08-31"


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_subject_is_the_ipv4_address_or_the_ipv6_network(address, subject):
    assert ballot.subject_of(address) == subject


@pytest.mark.parametrize(
    "address", ["", "203.0.113", "203.0.113.9:80", "[::1]", "1.2.3.4, 5.6.7.8", "fe80::1%", "unknown"]
)
def test_what_is_no_address_is_no_subject(address):
    with pytest.raises(ValueError, match="does not appear to be"):
        ballot.subject_of(address)


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**64 - 1))
def test_all_addresses_of_a_64_are_one_subject(number, low):
    one, other = IPv6Address(number), IPv6Address(number >> 64 << 64 | low)
    if not (one.ipv4_mapped or other.ipv4_mapped):
        assert ballot.subject_of(str(one)) == ballot.subject_of(str(other))


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_two_ipv4_addresses_are_two_subjects(one, other):
    same = ballot.subject_of(str(IPv4Address(one))) == ballot.subject_of(f"::ffff:{IPv4Address(other)}")
    assert same == (one == other)


def test_a_ballot_is_read_with_its_cases_in_order():
    rule = replace(RULE, at_most=3)
    read = ballot.read({"cases": ["c3", "c1"], "h": H, "period": "2020-08-24"}, rule)
    assert read == Ballot(("c1", "c3"), H, "2020-08-24")


def test_a_form_names_its_cases_one_by_one():
    assert ballot.read_form({"case": ["c2"]}, H, RULE) == Ballot(("c2",), H, None)


def test_all_faults_are_told_at_once():
    faults = ballot.read({"cases": ["c1", "c1"], "h": H.upper(), "period": "24 August"}, RULE)
    assert [fault.field for fault in faults] == ["cases", "cases", "h", "period"]


@pytest.mark.parametrize("value", [None, [], "c1", 7, True])
def test_a_ballot_that_is_no_object_is_refused(value):
    assert [fault.field for fault in ballot.read(value, RULE)] == ["ballot"]


@pytest.mark.parametrize("cases", [None, "c1", {"c1": 1}, [1], [None], [["c1"]], []])
def test_cases_of_a_wrong_type_are_refused(cases):
    assert [fault.field for fault in ballot.read({"cases": cases, "h": H}, RULE)] == ["cases"]


def test_a_thousand_cases_are_counted_in_the_refusal():
    (fault,) = ballot.read({"cases": [f"c{number}" for number in range(1000)], "h": H}, RULE)
    assert fault.en == "Choose 1 case; this ballot has 1000"


@pytest.mark.parametrize("h", [None, 7, "", H[:-1], H + "0", H + "\n", "g" * 32, H.upper(), "٣" * 32])
def test_an_h_of_another_shape_is_refused(h):
    assert [fault.field for fault in ballot.read({"cases": ["c1"], "h": h}, RULE)] == ["h"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
    )
)
def test_whatever_json_holds_is_a_ballot_or_has_faults(value):
    for sent in (value, {"cases": value, "h": value, "period": value}):
        read = ballot.read(sent, RULE)
        assert isinstance(read, Ballot) or (read and all(fault.zh and fault.en for fault in read))


def checked(cases: tuple[str, ...], now: str, paper: BallotPaper = PAPER) -> str | None:
    refusal = ballot.check(paper, Ballot(cases, H, None), at(now))
    return refusal and refusal.code


def test_a_ballot_is_taken_or_told_why_not():
    assert checked(("c1",), "2020-08-24") is None
    assert checked(("c1",), "2020-08-21") == "not_open"
    assert checked(("c1",), "2020-09-01") == "closed"
    assert checked(("c9",), "2020-08-24") == "no_such_case"
    assert checked(("gone",), "2020-08-24") == "withdrawn"


def test_a_ballot_with_more_of_a_category_than_anyone_may_vote_is_malformed():
    paper = replace(PAPER, rule=replace(RULE, at_most=2, per_category=1))
    assert checked(("c1", "c2"), "2020-08-24", paper) == "malformed"
    assert checked(("c1", "c3"), "2020-08-24", paper) is None


def test_a_refusal_says_the_times_on_the_editions_clock():
    refusal = ballot.refusal("not_open", replace(RULE, window=Window(datetime(2020, 8, 21, 16, tzinfo=UTC), None)))
    assert refusal.en == "Voting is not open yet. It opens at 2020-08-22 00:00."
    assert ballot.refusal("not_open", replace(RULE, window=Window(None, None))).zh == "投票尚未开始，开始时间：待定。"


@pytest.mark.parametrize(
    ("limits", "previous", "cases", "admitted"),
    [
        ({"votes": 1}, [], ["c1"], True),
        ({"votes": 1}, [["c2"]], ["c1"], False),
        ({"votes": 5}, [["c1"]] * 4, ["c1"], True),
        ({"votes": 5}, [["c1"]] * 5, ["c1"], False),
        ({"votes": 10, "per_case": 1}, [["c1"]], ["c2"], True),
        ({"votes": 10, "per_case": 1}, [["c1"]], ["c1"], False),
        ({"votes": 10, "per_category": 2}, [["c1"], ["c1"]], ["c3"], True),
        ({"votes": 10, "per_category": 2}, [["c1"], ["c1"]], ["c2"], False),
        ({"votes": 10, "per_category": 2, "at_most": 2}, [["c1", "c3"]], ["c1", "c2"], False),
    ],
)
def test_the_rules_limits_are_kept(limits, previous, cases, admitted):
    paper = replace(PAPER, rule=replace(RULE, **limits))
    assert ballot.admits(paper, previous, cases) is admitted


LIMITS = st.fixed_dictionaries(
    {
        "votes": st.integers(1, 4),
        "per_case": st.none() | st.integers(1, 3),
        "per_category": st.none() | st.integers(1, 3),
    }
)


@given(LIMITS, st.lists(st.sampled_from(["c1", "c2", "c3"]), max_size=12))
def test_no_row_of_attempts_exceeds_the_rule_and_none_within_it_is_refused(limits, attempts):
    paper = replace(PAPER, rule=replace(RULE, **limits))
    taken: list[list[str]] = []
    for case in attempts:
        cases = [choice for ballot_ in taken for choice in ballot_]
        category = [choice for choice in cases if PAPER.cases[choice] == PAPER.cases[case]]
        within = (
            len(taken) < limits["votes"]
            and (limits["per_case"] is None or cases.count(case) < limits["per_case"])
            and (limits["per_category"] is None or len(category) < limits["per_category"])
        )
        assert ballot.admits(paper, taken, [case]) is within
        taken += [[case]] if within else []


@given(PERS, st.booleans(), st.none() | st.integers(1, 9))
def test_a_paper_comes_back_from_json_as_it_was(per, hidden, limit):
    rule = replace(RULE, per=per, hidden=hidden, per_case=limit, floor=limit, origins=("https://a.example",))
    paper = replace(PAPER, rule=rule)
    assert ballot.to_json(ballot.from_json(ballot.to_json(paper))) == ballot.to_json(paper)
    assert ballot.from_json(ballot.to_json(paper)).rule.window.closes == RULE.window.closes


@pytest.mark.parametrize(
    "broken", [{}, {"rule": 7}, ballot.to_json(PAPER) | {"withdrawn": 7}, ballot.to_json(PAPER) | {"more": 1}]
)
def test_what_is_no_paper_is_a_kind_error(broken):
    with pytest.raises(PingxuanError, match="not a ballot paper"):
        ballot.from_json(broken)


def test_a_refusal_tells_seconds_where_the_window_has_them():
    window = Window(at("2020-08-22 08:30"), at("2020-08-31 23:59:59"))
    rule = replace(RULE, window=window)
    assert "2020-08-31 23:59:59 结束" in ballot.refusal("closed", rule).zh
    assert ballot.refusal("not_open", rule).en.endswith("opens at 2020-08-22 08:30.")
