"""The words of the pages: every one is in Chinese too; dates and rules read as an office would write them."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_dir

from awards.content import load
from awards.model import Entrants, VotingRule, Window
from theme.catalogue import catalogue, gettexts
from theme.rule_words import entry_rules
from theme.times import closing, instant, short_closing, short_window, window, zone_name
from theme.voting_words import voting_brief, voting_rule

ROOT = Path(__file__).parent.parent.parent
BEIJING = ZoneInfo("Asia/Shanghai")
CHINESE = replace(
    load(ROOT / "tests" / "editions" / "tiny")[0], language="zh-CN", zone="Asia/Shanghai", year=2019, voting=None
)
ENGLISH = replace(CHINESE, language="en")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def span(opens: str | None, closes: str | None) -> Window:
    return Window(at(opens) if opens else None, at(closes) if closes else None)


def used() -> set[str]:
    """Every string that templates and code ask the catalogue for."""
    methods = [("**.py", "python"), ("templates/**.html", "jinja2")]
    options = {"templates/**.html": {"trimmed": "true"}}
    keywords = {"_": None, "ngettext": (1, 2)}
    found = extract_from_dir(ROOT / "theme", methods, options, keywords)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def test_every_string_of_the_templates_is_translated_and_none_is_left_over():
    words = catalogue("zh-CN")
    assert words is not None
    translated = {
        message.id if isinstance(message.id, str) else message.id[0]: message for message in words if message.id
    }
    assert sorted(used() - translated.keys()) == []
    assert sorted(translated.keys() - used()) == []
    assert [one for one, message in translated.items() if not (message.string and message.string[0])] == []


def test_translations_name_only_values_that_there_are():
    words = catalogue("zh-CN")
    assert words is not None
    names = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
    for message in words:
        source = " ".join([message.id] if isinstance(message.id, str) else message.id)
        told = message.string if isinstance(message.string, str) else message.string[0]
        if source:
            assert set(names.findall(told)) == set(names.findall(source)), source


def test_a_string_without_a_translation_stays_english():
    gettext, ngettext = gettexts("zh-CN")
    assert gettext("no such words") == "no such words"
    assert ngettext("one goose", "%d geese", 2) == "%d geese"


@pytest.mark.parametrize(
    ("opens", "closes", "chinese", "english"),
    [
        (None, None, "待定", "to be announced"),
        (None, "2019-10-30T12:00", "2019年10月30日 12:00止", "until 30 October 2019, 12:00"),
        (None, "2019-11-16T00:00", "2019年11月15日 24:00止", "until 15 November 2019, 24:00"),
        ("2019-11-16T00:00", None, "2019年11月16日起", "from 16 November 2019"),
        ("2019-11-01T00:00", "2019-11-16T00:00", "2019年11月1日—15日", "1–15 November 2019"),
        ("2019-07-08T00:00", "2019-08-22T00:00", "2019年7月8日—8月21日", "8 July – 21 August 2019"),
        ("2019-12-20T00:00", "2020-01-06T00:00", "2019年12月20日—2020年1月5日", "20 December 2019 – 5 January 2020"),
        ("2019-11-01T00:00", "2019-11-02T00:00", "2019年11月1日", "1 November 2019"),
        ("2019-12-01T00:00", "2020-01-01T00:00", "2019年12月", "December 2019"),
        ("2019-09-01T00:00", "2020-01-01T00:00", "2019年9月—12月", "September – December 2019"),
        ("2019-12-01T00:00", "2020-02-01T00:00", "2019年12月—2020年1月", "December 2019 – January 2020"),
        (
            "2019-10-08T09:00",
            "2019-10-30T12:00",
            "2019年10月8日 09:00—2019年10月30日 12:00",
            "8 October 2019, 09:00 – 30 October 2019, 12:00",
        ),
    ],
)
def test_a_window_reads_naturally(opens, closes, chinese, english):
    assert window(span(opens, closes), CHINESE) == chinese
    assert window(span(opens, closes), ENGLISH) == english


def test_the_year_is_left_out_where_it_is_the_editions_own():
    assert short_window(span("2019-07-08T00:00", "2019-08-22T00:00"), CHINESE) == "7月8日—8月21日"
    assert short_window(span("2019-12-01T00:00", "2020-01-01T00:00"), CHINESE) == "12月"
    assert short_window(span("2020-07-08T00:00", "2020-08-22T00:00"), CHINESE) == "2020年7月8日—8月21日"
    assert short_closing(at("2020-01-01T00:00"), CHINESE) == "12月31日 24:00"


def test_midnight_is_the_last_days_end_only_where_a_window_closes():
    midnight = datetime(2019, 11, 15, 16, tzinfo=UTC)
    assert closing(midnight, CHINESE) == "2019年11月15日 24:00"
    assert closing(midnight, ENGLISH) == "15 November 2019, 24:00"
    assert instant(midnight, CHINESE) == "2019年11月16日 00:00"


def test_seconds_are_told_where_a_rule_names_them():
    assert closing(at("2019-11-15T23:59:59"), CHINESE) == "2019年11月15日 23:59:59"


def test_a_zone_is_called_by_its_city():
    assert zone_name(CHINESE) == "北京时间"
    assert zone_name(replace(ENGLISH, zone="Europe/Brussels")) == "Brussels time"


def ruled(edition, **changes):
    plain = VotingRule(
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
        window=span("2019-11-01T00:00", "2019-11-16T00:00"),
        zone="Asia/Shanghai",
    )
    return replace(edition, voting=replace(plain, **changes))


@pytest.mark.parametrize(
    ("changes", "chinese", "english"),
    [
        ({}, "每个网络地址每天 1 票", "One vote per network address per day"),
        ({"votes": 5}, "每个网络地址每天 5 票", "5 votes per network address per day"),
        ({"per": "week"}, "每个网络地址每周 1 票", "One vote per network address per week"),
        ({"per": "edition"}, "每个网络地址共可投 1 票", "One vote per network address"),
        ({"per": "5 minutes"}, "每个网络地址每 5 分钟 1 票", "One vote per network address every 5 minutes"),
    ],
)
def test_the_rule_in_one_breath(changes, chinese, english):
    assert voting_brief(ruled(CHINESE, **changes)) == chinese
    assert voting_brief(ruled(ENGLISH, **changes)) == english


def test_the_whole_rule_names_every_limit():
    limits = {
        "votes": 5,
        "per_case": 2,
        "per_category": 3,
        "at_least": 10,
        "at_most": 12,
        "floor": 1000,
        "hidden": True,
    }
    told = voting_rule(ruled(ENGLISH, **limits))
    assert told[:6] == [
        "5 votes per network address per day.",
        "Voting runs from 1 November 2019, 00:00 to 15 November 2019, 24:00.",
        "A vote that arrives at the closing instant or later is not counted; our server's clock decides.",
        "A day begins at 00:00, Beijing time.",
        "A vote names 10 to 12 cases.",
        "Within one period at most 2 of these may go to the same case.",
    ]
    assert "In principle, a case with fewer than 1,000 valid votes goes no further." in told
    assert "How many votes each case has stays hidden until voting closes; the total of all votes is shown." in told


def test_entry_rules_name_what_the_seeds_fix():
    entrants = Entrants(
        who=(),
        per_entrant=2,
        per="field",
        max_fields=3,
        group_is_one=True,
        subsidiaries_own=True,
        sides=("builder", "implementer"),
        one_side=True,
        in_operation_by=datetime(2019, 8, 30, tzinfo=UTC).date(),
        scope=(),
        recommended=True,
    )
    assert entry_rules(replace(CHINESE, entrants=entrants)) == [
        "每个单位每个领域限报 2 个案例。",
        "每个单位最多申报 3 个领域。",
        "集团与其分支机构视为同一申报单位。",
        "子公司视为独立的申报单位。",
        "项目可由承建方或实施方申报。",
        "同一项目只能由其中一方申报。",
        "案例须在 2019年8月30日（含）前投入运行。",
        "须经推荐单位推荐申报。",
    ]
