"""An entrant submits a case on a phone: fills the form, leaves, comes back, uploads, submits; nothing is lost."""

import json
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from applying import JINAN, QINGDAO, begun, field, fill, picture, saved, scan, typed, upload, upload_all
from axe_playwright_python.sync_playwright import Axe
from chalicelib.drafts import Draft, State
from chalicelib.recommending import token_of
from chalicelib.submission_store import SQLiteSubmissions
from engines import NODE_MODULES, needs
from halls import PHONE, ROOT, Server, port
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from submissions import complete

from awards import calls
from awards.content import load

pytestmark = needs("chromium")
OPEN = {QINGDAO: "2020-08-20T09:00:00+08:00", JINAN: "2021-12-01T09:00:00+08:00"}
Serve = Callable[..., Server]


def called(var: Path) -> SQLiteSubmissions:
    """The store that a server will open, with both calls in force."""
    kept = SQLiteSubmissions(var / "submissions.sqlite")
    for name in OPEN:
        folder = ROOT / "content/editions" / name
        edition, texts = load(folder)[0], [(folder / file).read_text("utf-8") for file in ("edition.toml", "form.toml")]
        assert edition
        kept.put_call(calls.stored(edition, *texts, version=1))
    return kept


@pytest.fixture
def store(tmp_path: Path) -> SQLiteSubmissions:
    """The store of a server of this test's own: for what is counted or closes."""
    return called(tmp_path)


@dataclass(frozen=True)
class Hall:
    """A server whose call is open, and its store. Tests share it: each has a draft, and a mailbox, of its own."""

    server: Server
    store: SQLiteSubmissions
    edition: str

    def kept(self, page: Page) -> Draft:
        """The draft of a page, as it is stored."""
        name = page.url.partition("#")[2].partition(".")[0]
        found = self.store.draft(self.edition, name)
        assert found
        return found


def opened(edition: str, site: Path, var: Path) -> Iterator[Hall]:
    for name in ("site", "cache"):
        (var / name).symlink_to(site.parent / name)
    store, server = called(var), Server(var, port(), "--as-of", OPEN[edition])
    yield Hall(server, store, edition)
    server.stop()


@pytest.fixture(scope="module")
def qingdao(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    yield from opened(QINGDAO, site, tmp_path_factory.mktemp("qingdao"))


@pytest.fixture(scope="module")
def jinan(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    yield from opened(JINAN, site, tmp_path_factory.mktemp("jinan"))


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A phone with nothing remembered."""
    context = browser.new_context(**PHONE, locale="zh-CN")
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def first_number(edition: str) -> str:
    """The number that the first submission of an edition gets: after those of its sample cases."""
    loaded = load(ROOT / "content/editions" / edition)[0]
    assert loaded
    return f"{loaded.year}-{calls.first_number(loaded):04}"


@pytest.mark.parametrize("edition", [QINGDAO, JINAN])
def test_an_entrant_fills_leaves_resumes_uploads_and_submits(
    serve: Serve, store: SQLiteSubmissions, browser: Browser, page: Page, edition: str
) -> None:
    server, answers = serve(OPEN[edition]), complete(edition)
    answers.pop("supporting", None)  # a film
    if edition == JINAN:
        answers["schedule"] = [{"task": "试点", "months": {"from": "2020-03", "to": "2020-09"}}]
    link = begun(server, page, edition)
    fill(page, typed(answers))
    saved(page)
    elsewhere = browser.new_context(**PHONE, locale="zh-CN")
    elsewhere.set_default_timeout(10_000)
    page.close()
    again = elsewhere.new_page()
    again.goto(link)
    expect(field(again, "title").locator(".in")).to_have_value(answers["title"])
    upload_all(again, answers)
    expect(again.locator("#state")).to_have_text("已经填写齐全，可以提交。")
    again.get_by_role("button", name="提交", exact=True).click()
    expect(again.locator("#done-title")).to_have_text("已提交")
    expect(again.locator("#done-title")).to_be_focused()
    number = first_number(edition)
    expect(again.locator("#number")).to_have_text(number)
    (kept,) = store.drafts(edition)
    assert (kept.state, kept.number) == (State.SUBMITTED, number)
    told = {key: kept.answers[key] for key in ("title", "contact_email", "consents")}
    assert told == {key: answers[key] for key in told}
    assert len(kept.answers["pictures"]) == len(answers["pictures"])
    elsewhere.close()


def test_everything_missing_is_told_at_once_and_leads_to_its_field(qingdao: Hall, page: Page) -> None:
    begun(qingdao.server, page)
    field(page, "contact_phone").locator(".in").fill("85910000")
    field(page, "uscc").locator(".in").fill("123")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#check-title")).to_be_focused()
    expect(page.locator("#state")).to_contain_text("还没有提交")
    told = page.locator("#lacking li").all_inner_texts()
    assert any("案例名称" in one for one in told)
    assert any("统一社会信用代码" in one and "校验码" in one for one in told)
    page.locator("#lacking a", has_text="联系电话").click()
    control = field(page, "contact_phone").locator(".in")
    expect(control).to_be_focused()
    expect(control).to_have_attribute("aria-invalid", "true")
    described = control.get_attribute("aria-describedby") or ""
    assert "区号" in page.locator(f"#{described.split()[-1]}").inner_text()
    assert "." in page.url.partition("#")[2]  # the private link stays in the address bar


def test_another_case_is_begun_while_the_first_is_unfinished(qingdao: Hall, page: Page) -> None:
    first = begun(qingdao.server, page)
    field(page, "title").locator(".in").fill("第一个案例")
    field(page, "title").locator(".in").blur()
    saved(page)
    page.locator("#check").get_by_role("link", name="申报另一个案例").click()
    expect(page.locator("#begin")).to_be_visible()
    expect(page.locator("#known a")).to_have_text(["第一个案例"])
    page.locator("#email").fill("second@example.org")
    page.get_by_role("button", name="开始填写").click()
    expect(field(page, "title").locator(".in")).to_have_value("")
    saved(page)
    assert page.url != first
    page.locator("#check").get_by_role("link", name="申报另一个案例").click()
    expect(page.locator("#known a")).to_have_count(2)
    page.locator("#known a", has_text="第一个案例").click()
    expect(field(page, "title").locator(".in")).to_have_value("第一个案例")


def test_losing_the_network_loses_nothing(qingdao: Hall, page: Page) -> None:
    begun(qingdao.server, page)
    page.route("**/api/**", lambda route: route.abort())
    field(page, "title").locator(".in").fill("断网时写的标题")
    field(page, "title").locator(".in").blur()
    expect(page.locator("#saved")).to_contain_text("尚未保存，正在重试")
    page.unroute("**/api/**")
    page.reload()
    expect(field(page, "title").locator(".in")).to_have_value("断网时写的标题")
    saved(page)
    assert qingdao.kept(page).answers["title"] == "断网时写的标题"


def test_a_save_whose_answer_is_lost_is_saved_once_and_told(qingdao: Hall, page: Page) -> None:
    begun(qingdao.server, page)
    lost: list[str] = []

    def lose_the_first(route: Route) -> None:
        answer = route.fetch()
        if route.request.method == "PUT" and not lost:
            lost.append(route.request.url)
            route.abort()
        else:
            route.fulfill(response=answer)

    page.route("**/api/**", lose_the_first)
    field(page, "title").locator(".in").fill("只存一次")
    field(page, "title").locator(".in").blur()
    saved(page)
    assert lost
    expect(page.locator("#conflict")).to_be_hidden()


@pytest.mark.parametrize("keep", ["theirs", "mine"])
def test_a_later_save_from_another_window_is_told_and_never_overwritten(
    qingdao: Hall, context: BrowserContext, page: Page, keep: str
) -> None:
    link = begun(qingdao.server, page)
    other = context.new_page()
    other.goto(link)
    field(other, "title").locator(".in").fill("另一个窗口的标题")
    field(other, "title").locator(".in").blur()
    saved(other)
    field(page, "title").locator(".in").fill("这个窗口的标题")
    field(page, "title").locator(".in").blur()
    expect(page.locator("#conflict-title")).to_be_focused()
    assert page.locator("#conflict li").all_inner_texts() == ["案例名称"]
    assert qingdao.kept(page).answers["title"] == "另一个窗口的标题"
    page.locator("#theirs" if keep == "theirs" else "#mine-wins").click()
    saved(page)
    expected = "另一个窗口的标题" if keep == "theirs" else "这个窗口的标题"
    expect(field(page, "title").locator(".in")).to_have_value(expected)
    assert qingdao.kept(page).answers["title"] == expected


def test_a_failed_upload_can_be_tried_again_and_a_file_removed(qingdao: Hall, page: Page) -> None:
    begun(qingdao.server, page)
    place = field(page, "signed_form")
    page.route("**/api/uploads*", lambda route: route.abort())
    place.locator("input[type=file]").set_input_files([scan("申报表.pdf")])
    expect(place.locator(".failed")).to_contain_text("没有上传成功")
    page.unroute("**/api/uploads*")
    place.get_by_role("button", name="重试").click()
    expect(place.locator(".files li")).to_contain_text("申报表.pdf（")
    expect(place.locator(".failed")).to_have_count(0)
    saved(page)
    kept = qingdao.kept(page)
    assert [each["name"] for each in kept.answers["signed_form"]] == ["申报表.pdf"]
    place.get_by_role("button", name="删除 申报表.pdf").click()
    expect(place.locator(".files li")).to_have_count(0)
    expect(page.locator("#lacking")).to_contain_text("签字盖章的申报表")


def test_a_file_that_is_not_what_it_says_is_refused_in_words(qingdao: Hall, page: Page) -> None:
    begun(qingdao.server, page)
    place = field(page, "pictures")
    false = {"name": "其实是文字.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture at all"}
    place.locator("input[type=file]").set_input_files([false])
    expect(place.locator(".failed")).to_be_visible()
    expect(place.locator(".failed button")).to_have_text(["删除"])
    program = {"name": "a.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"}
    place.locator("input[type=file]").set_input_files([program])
    expect(place.locator(".fault")).to_contain_text("不接受“a.exe”这种文件")


def test_pictures_are_shown_small_before_they_are_sent(qingdao: Hall, page: Page) -> None:
    begun(qingdao.server, page)
    upload(page, "pictures", picture(1), picture(2))
    expect(field(page, "pictures").locator("canvas")).to_have_count(2)


def test_a_table_grows_and_shrinks_and_a_fault_in_it_leads_to_its_cell(jinan: Hall, page: Page) -> None:
    begun(jinan.server, page, JINAN)
    place = field(page, "output_indicators")
    for number, content in enumerate(("甲", "乙", "丙")):
        if number:
            place.get_by_role("button", name="增加一行").click()
        place.locator("ol > li").nth(number).get_by_label("指标内容").fill(content)
    place.get_by_role("button", name="删除第 2 行").click()
    page.locator("#title, #f-title").last.focus()
    saved(page)
    kept = jinan.kept(page)
    assert [row["content"] for row in kept.answers["output_indicators"]] == ["甲", "丙"]
    page.locator("#lacking a", has_text="指标值").last.click()
    expect(place.locator("ol > li").nth(1).get_by_label("指标值")).to_be_focused()


def test_what_depends_on_a_choice_is_asked_after_it_and_fields_follow_the_category(qingdao: Hall, page: Page) -> None:
    begun(qingdao.server, page)
    expect(field(page, "parent_uscc")).to_be_hidden()
    page.get_by_label("在青岛纳税的非独立法人单位").check()
    expect(field(page, "parent_uscc")).to_be_visible()
    category, within = field(page, "category").locator("select"), field(page, "field").locator("select")
    category.select_option("cs")
    of_city = set(within.locator("option").all_inner_texts())
    category.select_option("qy")
    assert not (of_city & set(within.locator("option").all_inner_texts())) - {"请选择"}


def test_counters_say_how_much_is_too_much(qingdao: Hall, page: Page) -> None:
    begun(qingdao.server, page)
    title = field(page, "title")
    title.locator(".in").fill("建设5G基站120个")
    expect(title.locator(".count")).to_have_text("7 / 60 字")
    title.locator(".in").fill("长" * 65)
    expect(title.locator(".count")).to_have_text("65 / 60 字，超出 5 字")
    title.locator(".in").blur()
    expect(title.locator(".fault")).to_contain_text("超出5字")


def test_the_page_says_when_it_is_too_early_or_too_late(serve: Serve, store: SQLiteSubmissions, page: Page) -> None:
    early = serve("2020-07-01T09:00:00+08:00")
    page.goto(f"{early.url}/{QINGDAO}/apply/")
    expect(page.locator("#wait-title")).to_have_text("尚未开始")
    expect(page.locator("#wait")).to_contain_text("2020年7月8日 00:00")
    early.stop()
    late = serve("2020-08-22T00:00:01+08:00")
    page.goto(f"{late.url}/{QINGDAO}/apply/")
    expect(page.locator("#wait-title")).to_have_text("申报已截止")
    expect(page.locator("#wait")).to_contain_text("2020年8月21日 24:00")
    expect(page.locator("#begin")).to_be_hidden()


def test_an_open_page_closes_when_the_server_does(serve: Serve, store: SQLiteSubmissions, page: Page) -> None:
    begun(serve("2020-08-21T23:59:50+08:00"), page)
    field(page, "title").locator(".in").fill("赶在截止之前")
    field(page, "title").locator(".in").blur()
    expect(page.locator("#say")).to_contain_text("申报已截止", timeout=20_000)
    expect(field(page, "title").locator(".in")).to_be_disabled()
    expect(page.locator("#submit")).to_be_disabled()


def test_a_returned_submission_shows_the_reasons_and_is_submitted_again(
    serve: Serve, store: SQLiteSubmissions, page: Page
) -> None:
    answers = complete(QINGDAO)
    link = begun(serve(OPEN[QINGDAO]), page)
    fill(page, typed(answers))
    upload_all(page, answers)
    expect(page.locator("#state")).to_have_text("已经填写齐全，可以提交。")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#number")).to_have_text(first_number(QINGDAO))
    (kept,) = store.drafts(QINGDAO)
    decision = {"decision": "return", "reason": "第二页没有盖章。", "at": "2020-08-20T10:00:00+08:00", "by": "x"}
    after = replace(kept, state=State.RETURNED, decisions=(decision,), revision=kept.revision + 1)
    assert store.replace(kept, after)
    page.goto("about:blank")
    page.goto(link)
    expect(page.locator("#returned")).to_contain_text("第二页没有盖章。")
    field(page, "summary").locator(".in").fill("改过的简介。")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#number")).to_have_text(first_number(QINGDAO))
    page.locator("#withdraw summary").click()
    page.get_by_role("button", name="撤回", exact=True).click()
    expect(page.locator("#done-title")).to_have_text("已撤回")
    (kept,) = store.drafts(QINGDAO)
    assert kept.state is State.WITHDRAWN


def test_the_filled_papers_are_downloaded_with_what_was_typed_last(qingdao: Hall, page: Page) -> None:
    begun(qingdao.server, page)
    field(page, "title").locator(".in").fill("园区云服务平台")
    for name in ("填好的申报表（.docx）", "承诺书（.docx）"):
        with page.expect_download() as downloaded:
            page.locator("#check").get_by_role("button", name=name).click()
        with zipfile.ZipFile(downloaded.value.path()) as paper:
            assert "园区云服务平台" in paper.read("word/document.xml").decode()


def test_the_printed_page_shows_what_was_filled_in_and_no_controls(qingdao: Hall, page: Page) -> None:
    begun(qingdao.server, page)
    field(page, "story").locator(".in").fill("第一段。\n第二段。")
    field(page, "category").locator("select").select_option("cs")
    page.emulate_media(media="print")
    page.evaluate("() => { dispatchEvent(new Event('beforeprint')); }")
    expect(field(page, "story").locator(".printed")).to_have_text("第一段。\n第二段。")
    expect(field(page, "category").locator(".printed")).to_be_visible()
    for hidden in (".in >> visible=true", "#desk >> visible=true", ".pick >> visible=true"):
        expect(page.locator(hidden)).to_have_count(0)


@pytest.mark.parametrize(("as_of", "offered"), [("2020-08-20T09:00:00+08:00", 1), ("2020-08-22T00:00:01+08:00", 0)])
def test_the_editions_page_leads_to_the_form_until_it_closes(
    serve: Serve, store: SQLiteSubmissions, page: Page, as_of: str, offered: int
) -> None:
    page.goto(f"{serve(as_of).url}/{QINGDAO}/")
    expect(page.locator("#now")).to_be_visible()
    expect(page.locator("#call >> visible=true")).to_have_count(offered)
    expect(page.locator("#stages a[href]")).to_have_count(offered)


def test_a_link_that_is_not_known_is_told_and_a_beginning_offered(qingdao: Hall, page: Page) -> None:
    page.goto(f"{qingdao.server.url}/{QINGDAO}/apply/#0123456789abcdef.nobody")
    expect(page.locator("#say")).to_contain_text("专用链接无效")
    expect(page.locator("#begin")).to_be_visible()


def test_without_javascript_the_blank_paper_and_the_contact_are_offered(qingdao: Hall, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{qingdao.server.url}/{QINGDAO}/apply/")
    paper = page.get_by_role("link", name="空白申报表")
    expect(paper).to_be_visible()
    expect(page.locator("noscript .view")).to_contain_text("咨询")
    answer = page.request.get(f"{qingdao.server.url}{paper.get_attribute('href')}")
    assert (answer.status, answer.body()[:2]) == (200, b"PK")
    context.close()


@needs("npm", "java")
def test_the_w3c_checker_finds_no_error_in_the_pages_of_entrants(site: Path) -> None:
    files = sorted(str(path) for path in [*site.glob("*/apply/**/index.html"), *site.glob("*/recommending/index.html")])
    assert len(files) == 11
    jar = next((NODE_MODULES / "vnu-jar").rglob("vnu.jar"))
    command = ["java", "-jar", str(jar), "--errors-only", "--format", "json", *files]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    messages = json.loads(checked.stderr)["messages"]
    assert [(each.get("url", ""), each.get("lastLine"), each["message"]) for each in messages] == []


@pytest.mark.parametrize(("edition", "dark"), [(QINGDAO, False), (JINAN, True)])
def test_axe_finds_no_violation_in_any_view(
    qingdao: Hall, jinan: Hall, browser: Browser, edition: str, dark: bool
) -> None:
    server, axe, found = {QINGDAO: qingdao, JINAN: jinan}[edition].server, Axe(), {}
    context = browser.new_context(**PHONE, locale="zh-CN", color_scheme="dark" if dark else "light", bypass_csp=True)
    page = context.new_page()
    page.goto(f"{server.url}/{edition}/apply/")
    expect(page.locator("#begin")).to_be_visible()
    found["start"] = axe.run(page).response["violations"]
    page.goto(f"{server.url}/{edition}/apply/en/")
    expect(page.locator("#begin")).to_be_visible()
    found["english"] = axe.run(page).response["violations"]
    page.goto(f"{server.url}/jinan-2021/recommending/")
    found["recommend"] = axe.run(page).response["violations"]
    begun(server, page, edition)
    upload(page, "pictures", picture(3))
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#check-title")).to_be_focused()
    found["fill"] = axe.run(page).response["violations"]
    context.close()
    assert {
        view: [(each["id"], each["nodes"][0]["html"][:200]) for each in faults] for view, faults in found.items()
    } == {"start": [], "english": [], "recommend": [], "fill": []}


def test_the_page_keeps_to_its_policy_and_to_the_screen(jinan: Hall, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    begun(jinan.server, page, JINAN)
    upload(page, "pictures", picture(4))
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert said == []


def test_the_keyboard_alone_begins_and_fills(qingdao: Hall, page: Page) -> None:
    before = len(list(qingdao.store.drafts(QINGDAO)))
    page.goto(f"{qingdao.server.url}/{QINGDAO}/apply/")
    expect(page.locator("#begin")).to_be_visible()
    page.locator("#email").focus()
    page.keyboard.type("keyboard@example.org")
    page.keyboard.press("Enter")
    expect(page.locator("#sheet")).to_be_visible()
    field(page, "title").locator(".in").focus()
    page.keyboard.type("键盘")
    page.keyboard.press("Tab")
    expect(field(page, "category").locator("select")).to_be_focused()
    saved(page)
    assert qingdao.kept(page).answers["title"] == "键盘"
    assert len(list(qingdao.store.drafts(QINGDAO))) == before + 1


def test_a_recommending_body_says_whether_it_recommends(jinan: Hall, page: Page) -> None:
    answers = complete(JINAN) | {"recommended_by": "lixia"}
    when = "2021-11-30T08:00:00+00:00"
    there = Draft(JINAN, "0" * 16, "0" * 64, "wu@example.org", "zh-CN", created=when, changed=when)
    submitted = replace(there, state=State.SUBMITTED, number="2021-0001", submitted=when, answers=answers)
    assert jinan.store.create(submitted)
    page.goto(f"{jinan.server.url}/{JINAN}/recommending/#lixia.{token_of(jinan.store, JINAN, 'lixia')}")
    expect(page.locator("#say")).to_contain_text("1 件")
    expect(page.locator("#named h2")).to_have_text(answers["title"])
    page.get_by_label("不予推荐").check()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#named .fault")).to_have_text("请写明理由。")
    page.get_by_label("理由").fill("材料不全。")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#named .by")).to_contain_text("不予推荐")
    kept = jinan.store.draft(JINAN, there.draft)
    assert kept
    assert kept.recommended
    assert (kept.recommended["recommend"], kept.recommended["reason"]) == (False, "材料不全。")
    page.goto(f"{jinan.server.url}/{JINAN}/recommending/#lixia.nobody")
    expect(page.locator("#say")).to_contain_text("专用链接无效")


def test_the_private_link_is_in_no_request(qingdao: Hall, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(json.dumps([request.url, request.headers.get("referer", "")])))
    link = begun(qingdao.server, page)
    token = link.split("#")[1].split(".")[1]
    page.reload()
    expect(page.locator("#sheet")).to_be_visible()
    assert asked
    assert [one for one in asked if token in one] == []
