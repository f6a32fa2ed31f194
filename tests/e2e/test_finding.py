"""Finding a case: search in the browser, the visitor's own order, and where the edition stands."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engines import needs
from halls import Server
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = needs("chromium")
GOLDEN = json.loads((Path(__file__).parent / "queries.json").read_text("utf-8"))


@pytest.fixture
def page(serve: Callable[..., Server], browser: Browser) -> Iterator[Page]:
    context = browser.new_context(base_url=serve().url, locale="zh-CN")
    yield context.new_page()
    context.close()


def found(page: Page) -> list[str]:
    """The titles a search found, in order."""
    expect(page.locator("#found")).not_to_be_empty()
    expect(page.locator("#found")).not_to_contain_text("…")
    return page.locator("#results .card a").all_inner_texts()


def test_golden_queries_find_what_they_should(page: Page) -> None:
    for query in GOLDEN:
        page.goto(f"/{query['edition']}/search/?q={query['q']}")
        titles = found(page)
        assert titles[: len(query["first"])] == query["first"], query["q"]
        assert bool(titles) == bool(query["first"]), query["q"]


def test_a_case_is_found_by_typing_and_opened(page: Page) -> None:
    page.goto("/showcase-zh/search/")
    page.locator("#q").fill("一网通办")
    page.keyboard.press("Enter")
    page.locator("#results .card a").first.click()
    expect(page.locator("h1")).to_contain_text("一网通办")


def numbers(page: Page) -> list[str]:
    expect(page.locator("#order")).to_contain_text("随机")
    return page.locator("ul.cards .no").all_inner_texts()


def test_each_visitor_has_an_order_of_their_own_and_keeps_it(serve: Callable[..., Server], browser: Browser) -> None:
    server, orders = serve(), []
    for _ in range(2):
        context: BrowserContext = browser.new_context(locale="zh-CN")
        page = context.new_page()
        page.goto(f"{server.url}/showcase-zh/cases/")
        orders.append(numbers(page))
        page.reload()
        assert numbers(page) == orders[-1]
        page.goto(f"{server.url}/showcase-zh/cases/page/2/")
        assert not set(numbers(page)) & set(orders[-1])
        context.close()
    assert orders[0] != orders[1]
    assert sorted(orders[0]) != orders[0]


def test_without_javascript_cases_stand_by_number(serve: Callable[..., Server], browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{serve().url}/showcase-zh/cases/")
    shown = page.locator("ul.cards .no").all_inner_texts()
    assert shown == sorted(shown)
    context.close()


def test_the_edition_page_marks_the_stage_of_now(serve: Callable[..., Server], browser: Browser) -> None:
    server, page = serve("2020-08-24T10:05:00+08:00"), browser.new_page(locale="zh-CN")
    page.goto(f"{server.url}/qingdao-2020/")
    expect(page.locator("#now")).to_contain_text("投票")
    page.close()
