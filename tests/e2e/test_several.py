"""Where a ballot holds several cases: chosen one by one on a phone, sent when they are enough; a plain form without."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from chalicelib.store import SQLiteStore
from engines import needs
from halls import SCREENS, Server, port, wait_until
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sites import EDITIONS, content_with

from awards.ballot import from_json, to_json

pytestmark = needs("chromium")
ONE, TWO, THREE, LAST = "2026-a-001", "2026-a-002", "2026-b-001", "2026-b-003"
RULE = "votes = 2\nat_least = 2\nat_most = 3\nper_category = 2\n"
DURING, AFTER = "2026-01-05T10:00:00+08:00", "2026-01-07T10:00:00+08:00"


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny edition, in Chinese and in English, with two ballots a day of two or three cases."""
    folder = content_with(tmp_path_factory.mktemp("several") / "content", EDITIONS / "tiny")
    file = folder / "editions/tiny/edition.toml"
    file.write_text(file.read_text("utf-8").replace("votes = 1\n", RULE), "utf-8")
    english = (folder / "editions/tiny").rename(folder / "editions/small")
    content_with(folder, EDITIONS / "tiny")
    (folder / "editions/tiny/edition.toml").write_text((english / "edition.toml").read_text("utf-8"), "utf-8")
    text = (english / "edition.toml").read_text("utf-8").replace('id = "tiny"', 'id = "small"')
    (english / "edition.toml").write_text(text.replace('language = "zh-CN"', 'language = "en"'), "utf-8")
    return folder


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN")
    yield context.new_page()
    context.close()


@pytest.fixture
def hall(content: Path, tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, port(), "--content", str(content), "--as-of", DURING)
    yield server
    server.stop()


def counts(hall: Server, page: Page) -> dict[str, int]:
    answer = page.request.get(f"{hall.url}/tiny/tally.json")
    return {case: n for case, n in answer.json()["counts"].items() if n} if answer.ok else {"none": -1}


def choose(hall: Server, page: Page, *cases: str) -> None:
    """Add cases on their own pages."""
    for case in cases:
        page.goto(f"{hall.url}/tiny/cases/{case}/", wait_until="load")
        page.get_by_role("button", name="加入选票").click()
        expect(page.get_by_role("button", name="移出选票")).to_be_visible()


SEND = "提交选票"


def test_cases_are_chosen_on_their_pages_and_sent_when_they_are_enough(hall: Server, screen: BrowserContext) -> None:
    page = screen.new_page()
    choose(hall, page, ONE)
    expect(page.locator("#mine")).to_contain_text("已选 1 个，还需 1 个。")
    expect(page.get_by_role("button", name=SEND)).to_be_hidden()
    choose(hall, page, TWO)
    expect(page.locator("#mine")).to_contain_text("已选 2 个，可以提交")
    page.get_by_role("button", name=SEND).click()
    expect(page.locator("#vote .said")).to_contain_text("已计入")
    wait_until(lambda: counts(hall, page) == {ONE: 1, TWO: 1}, "the ballot is not in tally.json")
    expect(page.locator("#mine")).to_contain_text("已选 0 个，还需 2 个。")
    expect(page.locator("#vote .receipt pre")).to_contain_text(re.compile("nonce: [0-9a-f]{32}"))
    page.reload()
    expect(page.locator("#vote .said")).to_contain_text("投给本案例")


def test_a_case_is_taken_off_again_and_other_pages_show_how_far_the_ballot_is(
    hall: Server, screen: BrowserContext
) -> None:
    page = screen.new_page()
    choose(hall, page, ONE, TWO)
    page.get_by_role("button", name="移出选票").click()
    expect(page.locator("#mine")).to_contain_text("已选 1 个")
    for path in ("", "cases/", "categories/b/"):
        page.goto(f"{hall.url}/tiny/{path}", wait_until="load")
        expect(page.locator("#mine")).to_contain_text("已选 1 个，还需 1 个。")
        expect(page.locator("#mine")).to_be_in_viewport()
    page.locator("#mine a").click()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(1)


def test_the_ballots_page_says_when_the_ballot_fits_and_sends_it(hall: Server, screen: BrowserContext) -> None:
    page = screen.new_page()
    page.goto(f"{hall.url}/tiny/ballot/", wait_until="load")
    said, send = page.locator("#mine span"), page.get_by_role("button", name=SEND)
    for case, words, ready in [
        (ONE, "还需 1 个", False),
        (TWO, "可以提交，也可再选至多 1 个", True),
        ("2026-a-003", "同一类别至多 2 个", False),
        (THREE, "多出 1 个", False),
    ]:
        page.locator(f"input[value='{case}']").check()
        expect(said).to_contain_text(words)
        expect(send).to_be_visible() if ready else expect(send).to_be_hidden()
    page.locator("input[value='2026-a-003']").uncheck()
    expect(said).to_contain_text("选票已满")
    send.click()
    expect(page.locator("#vote .said")).to_contain_text("已计入")
    wait_until(lambda: counts(hall, page) == {ONE: 1, TWO: 1, THREE: 1}, "the ballot is not in tally.json")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)


def test_a_lost_answer_is_sent_again_and_the_ballot_counts_once(hall: Server, screen: BrowserContext) -> None:
    page, sent = screen.new_page(), []

    def lose_the_first(route) -> None:
        sent.append(route.request.post_data)
        answer = route.fetch()
        route.abort() if len(sent) == 1 else route.fulfill(response=answer)

    choose(hall, page, ONE, THREE)
    page.route("**/api/editions/*/votes", lose_the_first)
    page.get_by_role("button", name=SEND).click()
    expect(page.locator("#vote .said")).to_contain_text(re.compile("已.{0,4}计入|计入过"), timeout=30_000)
    assert len(sent) == 2
    wait_until(lambda: counts(hall, page) == {ONE: 1, THREE: 1}, "the ballot is not in tally.json")


def test_the_keyboard_alone_chooses_and_sends(hall: Server, page: Page) -> None:
    page.goto(f"{hall.url}/tiny/ballot/", wait_until="load")
    page.locator(f"input[value='{ONE}']").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")  # past the link that reads the case
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    send = page.get_by_role("button", name=SEND)
    expect(send).to_be_visible()
    send.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#vote .said")).to_contain_text("已计入")
    wait_until(lambda: counts(hall, page) == {ONE: 1, TWO: 1}, "the ballot is not in tally.json")


def test_without_javascript_the_ballot_is_a_plain_form(hall: Server, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{hall.url}/tiny/cases/{LAST}/")
    expect(page.get_by_role("button", name=SEND)).to_be_hidden()
    page.get_by_role("link", name="到选票上选择").click()
    page.get_by_role("button", name=SEND).click()
    expect(page.locator("main")).to_contain_text("每张选票应选 2–3 个案例")
    page.go_back()
    for case in (ONE, LAST):
        page.locator(f"input[value='{case}']").check()
    page.get_by_role("button", name=SEND).click()
    expect(page.locator("main")).to_contain_text("已计入")
    wait_until(lambda: counts(hall, page) == {ONE: 1, LAST: 1}, "the ballot is not in tally.json")
    context.close()


@pytest.mark.parametrize("path", [f"cases/{ONE}/", "ballot/"])
def test_after_the_close_nothing_can_be_chosen(content: Path, tmp_path: Path, page: Page, path: str) -> None:
    server = Server(tmp_path, port(), "--content", str(content), "--as-of", AFTER)
    try:
        page.goto(f"{server.url}/tiny/{path}", wait_until="load")
        expect(page.locator("#vote .said")).to_contain_text("截止")
        assert [each for each in page.locator("#vote button, #paper").all() if each.is_visible()] == []
    finally:
        server.stop()


def test_a_voting_that_was_stopped_is_told_with_the_time_it_ended(hall: Server, tmp_path: Path, page: Page) -> None:
    store = SQLiteStore(tmp_path / "votes.sqlite")
    paper = from_json(store.paper("tiny"))
    window = replace(paper.rule.window, closes=datetime.fromisoformat("2026-01-05T09:30:00+08:00"))
    store.put_paper(to_json(replace(paper, version=paper.version + 1, rule=replace(paper.rule, window=window))))
    store.close()
    page.goto(f"{hall.url}/tiny/cases/{ONE}/", wait_until="load")
    expect(page.locator("#vote .said")).to_contain_text("投票已于 1月5日 09:30 截止。")


@pytest.fixture
def news(tmp_path: Path) -> Iterator[str]:
    """The address of another site, which serves the files of a folder news."""
    (tmp_path / "news").mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path / "news")) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_port}/"
        site.shutdown()


def test_a_partners_page_leads_to_the_hall_where_one_case_is_no_ballot(
    hall: Server, page: Page, news: str, tmp_path: Path
) -> None:
    line = f'<script src="{hall.url}/embed.js" data-edition="tiny" data-case="{ONE}"></script>'
    (tmp_path / "news/index.html").write_text(f"<h1>News</h1>{line}", "utf-8")
    page.goto(news)
    link = page.locator(".pingxuan-vote a", has_text="到选票上选择")
    expect(link).to_have_attribute("href", f"{hall.url}/tiny/cases/{ONE}/")
    expect(link).to_be_visible()
    expect(page.locator(".pingxuan-vote button")).to_be_hidden()
    expect(page.locator(".pingxuan-vote b")).to_have_text("0")


@pytest.mark.parametrize("screen_name", SCREENS)
def test_axe_finds_no_violation_and_nothing_is_wider_than_the_screen(
    hall: Server, browser: Browser, screen_name: str
) -> None:
    context = browser.new_context(**SCREENS[screen_name], bypass_csp=True)
    page, found = context.new_page(), []
    for edition in ("tiny", "small"):
        for path in (f"cases/{ONE}/", "ballot/", "cases/", ""):
            page.goto(f"{hall.url}/{edition}/{path}", wait_until="networkidle")
            if path.endswith("001/"):
                page.locator("#vote .toggle").click()
            found += [(path, each["id"]) for each in Axe().run(page).response["violations"]]
            found += [path] if page.evaluate("document.documentElement.scrollWidth > innerWidth") else []
    context.close()
    assert found == []
