"""The scripts' own arithmetic, against Python's: the hash of a nonce, the names of periods, the search, the sizes."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from engines import needs
from playwright.sync_api import Browser, Page

from awards.ballot import period_at
from awards.content import load

STATIC = Path(__file__).parent.parent.parent / "theme" / "static"
ON_A_CASE_PAGE = ("hall.css", "hall.js", "share.js", "counts.js", "sha256.js", "period.js", "vote.js")
INDEX = {
    "categories": {"cs": "城市运行", "fw": "市民服务"},
    "cases": [
        ["2020-cs-0001", "一网统管城市运行平台", "示例市大数据局", "cs", "", "shown"],
        ["2020-cs-0002", "智慧停车系统", "示例市交通运输局", "cs", "", "shown"],
        ["2020-fw-0003", "5G远程会诊 Telemedicine Café", "示例医院", "fw", "", "shown"],
        ["2020-fw-0004", "城市运行体征", "示例集团", "fw", "", "withdrawn"],
    ],
}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    for name in ("hall.js", "sha256.js", "period.js", "search.js"):
        page.add_script_tag(path=STATIC / name)
    yield page
    page.close()


def test_the_files_of_a_case_page_stay_within_30_kilobytes():
    assert sum((STATIC / name).stat().st_size for name in ON_A_CASE_PAGE) <= 30 * 1024


@needs("chromium")
@pytest.mark.parametrize("data", [b"", b"abc", bytes(range(16)), bytes(16), b"\xff" * 55])
def test_the_hash_is_sha_256(page, data):
    assert page.evaluate("bytes => hall.sha256(bytes)", list(data)) == hashlib.sha256(data).hexdigest()


@needs("chromium")
@pytest.mark.parametrize("per", ["day", "week", "edition", "5 minutes", "7 minutes"])
def test_a_period_has_the_name_that_the_server_gives_it(page, per):
    tiny = load(STATIC.parent.parent / "tests" / "editions" / "tiny")[0]
    assert tiny.voting is not None
    rule = replace(tiny.voting, per=per)
    start = datetime(2019, 12, 28, 23, 58, tzinfo=ZoneInfo(rule.zone))
    for hours in range(0, 24 * 500, 31):
        now = start + timedelta(hours=hours)
        assert page.evaluate("([per, wall]) => hall.period(per, wall)", [per, f"{now:%Y-%m-%dT%H:%M}"]) == (
            period_at(rule, now).name
        )


@needs("chromium")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("一网统管", ["2020-cs-0001"]),
        ("智慧停车平台", ["2020-cs-0002"]),
        ("城市运行", ["2020-fw-0004", "2020-cs-0001", "2020-cs-0002"]),
        ("交通运输", ["2020-cs-0002"]),
        ("２０２０－ＦＷ－０００３", ["2020-fw-0003"]),
        ("TELEMED", ["2020-fw-0003"]),
        ("cafe", ["2020-fw-0003"]),
        ("5g 会诊", ["2020-fw-0003"]),
        ("medicine", ["2020-fw-0003"]),
        ("魑魅魍魉", []),
        ("qwertz", []),
        ("   ", []),
        ("+++", []),
    ],
)
def test_a_search_finds_what_is_there_and_nothing_else(page, query, found):
    rows = page.evaluate("([index, query]) => hall.find(index, query)", [INDEX, query])
    assert [row[0] for row in rows] == found
