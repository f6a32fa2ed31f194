"""A citizen finds a case, votes, and is told what happened; nothing loses the vote."""

import json
import re
import time
from collections.abc import Callable

import pytest
from engines import needs
from halls import Server, wait_until
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = needs("chromium")
ZH = "showcase-zh"
CLOSING = "2020-08-31T23:59:50+08:00"
Serve = Callable[..., Server]


def counted(page: Page, url: str, edition: str, case: str) -> int:
    """The case's votes in tally.json, as anybody reads them."""
    answer = page.request.get(f"{url}/{edition}/tally.json")
    return int(answer.json()["counts"].get(case, 0)) if answer.ok else -1


def open_first_case(page: Page, url: str) -> str:
    """Through home, edition and category to a case; its number."""
    page.goto(url)
    page.locator(f'a[href="/{ZH}/"]').first.click()
    page.locator("ul.groups a").first.click()
    page.locator("ul.cards li", has_not_text="已撤回").locator("a").first.click()
    page.wait_for_load_state("load")  # from here on vote.js answers the button, no longer the plain form
    expect(page.locator("#vote form button")).to_be_enabled()
    return re.search(r"/cases/([^/]+)/", page.url)[1]


def test_a_vote_is_cast_told_counted_and_remembered(serve: Serve, screen: BrowserContext) -> None:
    server, page = serve(), screen.new_page()
    case = open_first_case(page, server.url)
    page.locator("#vote form button").click()
    expect(page.locator("#vote .said")).to_contain_text("已计入")
    wait_until(lambda: counted(page, server.url, ZH, case) == 1, "the vote is not in tally.json")
    page.reload()
    expect(page.locator("#vote .said")).to_contain_text("投给本案例")
    expect(page.locator("#vote .said")).to_contain_text(re.compile(r"\d+月\d+日"))
    expect(page.locator("#vote .figure b")).to_have_text("1")
    assert counted(page, server.url, ZH, case) == 1


def test_a_second_vote_is_told_when_the_next_one_is(serve: Serve, browser: Browser) -> None:
    server = serve()
    first, second = browser.new_page(), browser.new_page()
    case = open_first_case(first, server.url)
    first.locator("#vote form button").click()
    expect(first.locator("#vote .said")).to_contain_text("已计入")
    other = f"{server.url}/{ZH}/cases/{case}/"
    second.goto(other, wait_until="load")
    second.locator("#vote form button").click()
    expect(second.locator("#vote .said")).to_contain_text("下一次可投")
    wait_until(lambda: counted(first, server.url, ZH, case) == 1, "the vote is not in tally.json")
    time.sleep(4)
    assert counted(first, server.url, ZH, case) == 1
    first.close()
    second.close()


def test_a_double_click_is_one_vote(serve: Serve, screen: BrowserContext) -> None:
    server, page = serve(), screen.new_page()
    case = open_first_case(page, server.url)
    page.locator("#vote form button").dblclick()
    expect(page.locator("#vote .said")).to_contain_text("已计入")
    wait_until(lambda: counted(page, server.url, ZH, case) == 1, "the vote is not in tally.json")


def test_a_lost_answer_is_sent_again_and_counts_once(serve: Serve, screen: BrowserContext) -> None:
    server, page = serve(), screen.new_page()
    case = open_first_case(page, server.url)
    sent: list[str] = []

    def lose_the_first(route) -> None:
        sent.append(route.request.post_data)
        answer = route.fetch()
        route.abort() if len(sent) == 1 else route.fulfill(response=answer)

    page.route("**/api/editions/*/votes", lose_the_first)
    page.locator("#vote form button").click()
    expect(page.locator("#vote .said")).to_contain_text(re.compile("已.{0,4}计入|计入过"), timeout=30_000)
    assert len(sent) == 2
    first, second = (json.loads(body) for body in sent)
    assert (first["h"], first["cases"]) == (second["h"], second["cases"])
    wait_until(lambda: counted(page, server.url, ZH, case) == 1, "the vote is not in tally.json")


def test_without_javascript_the_form_votes_and_repeats_are_told(serve: Serve, browser: Browser) -> None:
    server = serve()
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    case = open_first_case(page, server.url)
    for said in ("已计入", "已经计入"):
        page.goto(f"{server.url}/{ZH}/cases/{case}/")
        page.locator("#vote form button").click()
        assert "/api/" in page.url
        assert said.replace("已经", "") in page.locator("main").inner_text().replace("已经", "")
    wait_until(lambda: counted(page, server.url, ZH, case) == 1, "the vote is not in tally.json")
    context.close()


def test_counts_survive_a_kill_and_a_restart(serve: Serve, screen: BrowserContext) -> None:
    server, page = serve(), screen.new_page()
    case = open_first_case(page, server.url)
    page.locator("#vote form button").click()
    expect(page.locator("#vote .said")).to_contain_text("已计入")
    server.kill()
    server.start()
    wait_until(lambda: counted(page, server.url, ZH, case) == 1, "the vote is lost")
    page.reload()
    expect(page.locator("#vote .figure b")).to_have_text("1")


def test_an_open_page_closes_the_vote_when_the_server_does(serve: Serve, browser: Browser) -> None:
    server, page = serve(CLOSING), browser.new_page(locale="zh-CN")
    page.goto(f"{server.url}/qingdao-2020/cases/")
    page.locator("ul.cards li", has_not_text="已撤回").locator("a").first.click()
    expect(page.locator("#vote form button")).to_be_enabled()
    expect(page.locator("#vote .said")).to_contain_text("截止", timeout=20_000)
    expect(page.locator("#vote form")).to_be_hidden()
    page.close()


@pytest.mark.parametrize(
    ("as_of", "said"), [("2020-08-21T23:00:00+08:00", "开始"), ("2020-09-02T00:00:00+08:00", "截止")]
)
def test_before_and_after_the_window_the_page_says_so(serve: Serve, browser: Browser, as_of: str, said: str) -> None:
    server, page = serve(as_of), browser.new_page(locale="zh-CN")
    page.goto(f"{server.url}/qingdao-2020/cases/")
    page.locator("ul.cards li", has_not_text="已撤回").locator("a").first.click()
    expect(page.locator("#vote")).to_contain_text(said)
    expect(page.locator("#vote form")).to_be_hidden()
    page.close()
