"""A citizen votes from a partner's page, on another origin; a page that is no partner's cannot, whatever it tries."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from chalicelib.refused import REFUSALS
from engines import NODE_MODULES, needs
from halls import ROOT, Server, port, wait_until
from playwright.sync_api import Browser, Page, expect
from sites import built, content_with

from theme import fixed

EDITION = "showcase-zh"
CASES = sorted(path.stem for path in (ROOT / "content/editions" / EDITION / "cases").glob("*.md"))
CASE, OTHER = CASES[:2]
EMBED = '<script src="{hall}/embed.js" data-edition="{edition}" data-case="{case}"{more} async></script>'
FORM = (
    '<form method="post" action="{hall}/api/editions/{edition}/votes">'
    '<input name="case" value="{case}"><button>Go</button></form>'
)
PAGE = (
    '<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>News</title></head>'
    "<body><h1>News</h1>{body}</body></html>"
)


class Site(ThreadingHTTPServer):
    """A site of somebody else: one page, and the policy that it is served with."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Reader)
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.body, self.lang, self.policy = "", "zh-CN", ""
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Reader(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        page = PAGE.format(lang=self.server.lang, body=self.server.body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if self.server.policy:
            self.send_header("Content-Security-Policy", self.server.policy)
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def partner() -> Iterator[Site]:
    with Site() as site:
        yield site
        site.shutdown()


@pytest.fixture(scope="module")
def stranger() -> Iterator[Site]:
    with Site() as site:
        yield site
        site.shutdown()


@pytest.fixture(scope="module")
def content(partner: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One edition, which names the partner."""
    folder = content_with(tmp_path_factory.mktemp("partners") / "content", ROOT / "content/editions" / EDITION)
    file = folder / "editions" / EDITION / "edition.toml"
    text = re.sub(r"(?m)^origins = .*\n", "", file.read_text("utf-8"))
    file.write_text(text.replace("[voting]\n", f'[voting]\norigins = ["{partner.origin}"]\n'), "utf-8")
    return folder


@pytest.fixture
def hall(content: Path, tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, port(), "--content", str(content))
    yield server
    server.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


def counted(hall: Server, page: Page, case: str = CASE) -> int:
    answer = page.request.get(f"{hall.url}/{EDITION}/tally.json")
    return int(answer.json()["counts"].get(case, 0)) if answer.ok else -1


def show(
    site: Site, hall: Server, page: Page, *cases: str, more: str = "", policy: str = "", lang: str = "zh-CN"
) -> None:
    lines = [EMBED.format(hall=hall.url, edition=EDITION, case=case, more=more) for case in cases or (CASE,)]
    site.body, site.lang, site.policy = "<p>before</p>".join(lines), lang, policy.format(hall=hall.url)
    page.goto(site.origin)
    expect(page.locator(".pingxuan-vote button").first).to_be_visible()


@needs("chromium")
def test_a_partners_page_votes_and_shows_the_count(partner: Site, hall: Server, page: Page) -> None:
    show(partner, hall, page)
    page.locator(".pingxuan-vote button").click()
    said = page.locator(".pingxuan-vote [role=status]")
    expect(said).to_contain_text("您的一票已计入")
    expect(said).to_contain_text("下一次可投")
    wait_until(lambda: counted(hall, page) == 1, "the vote is not in tally.json")
    expect(page.locator(".pingxuan-vote b")).to_have_text("1")
    page.reload()
    expect(said).to_contain_text("您已把票投给本案例")
    expect(page.locator(".pingxuan-vote b")).to_have_text("1")
    expect(page.locator(".pingxuan-vote pre")).to_contain_text(re.compile("nonce: [0-9a-f]{32}"))
    page.locator(".pingxuan-vote button").click()
    expect(said).to_contain_text("本期的票已经投过")
    assert counted(hall, page) == 1


@needs("chromium")
def test_a_page_that_is_no_partners_cannot_vote_and_says_why(stranger: Site, hall: Server, page: Page) -> None:
    show(stranger, hall, page)
    wait_until(lambda: counted(hall, page) == 0, "the count is not there")
    page.locator(".pingxuan-vote button").click()
    expect(page.locator(".pingxuan-vote [role=status]")).to_have_text(REFUSALS["foreign_origin"].zh)
    assert counted(hall, page) == 0
    tried = page.evaluate(
        """async ([url, body]) => {
            const form = 'application/x-www-form-urlencoded';
            const tries = [
                {}, {mode: 'no-cors'}, {headers: {'Content-Type': 'application/json'}},
                {headers: {'Content-Type': form}, body: 'case=' + JSON.parse(body).cases[0]},
            ];
            const said = [];
            for (const one of tries) {
                try {
                    const answer = await fetch(url, Object.assign({method: 'POST', body}, one));
                    said.push(answer.type + answer.status);
                } catch (error) { said.push('unread'); }
            }
            return said;
        }""",
        [f"{hall.url}/api/editions/{EDITION}/votes", json.dumps({"cases": [CASE], "h": "0" * 32})],
    )
    assert tried == ["unread", "opaque0", "unread", "unread"]
    assert not_voted(hall, page)


@needs("chromium")
@pytest.mark.parametrize("policy", ["", "sandbox allow-forms allow-scripts"], ids=["its own origin", "no origin"])
def test_a_strangers_plain_form_cannot_vote(stranger: Site, hall: Server, page: Page, policy: str) -> None:
    stranger.body, stranger.policy = FORM.format(hall=hall.url, edition=EDITION, case=CASE), policy
    page.goto(stranger.origin)
    with page.expect_response("**/votes") as answer:
        page.locator("button").click()
    assert answer.value.status == 403
    expect(page.locator("main")).to_contain_text(REFUSALS["foreign_origin"].zh)
    assert not_voted(hall, page)


def not_voted(hall: Server, page: Page) -> bool:
    """Whether this address still has its vote: the browser's is the test's own."""
    page.goto(f"{hall.url}/{EDITION}/cases/{OTHER}/")
    page.locator("#vote form button").click()
    expect(page.locator("#vote .said")).to_contain_text("已计入")
    return counted(hall, page) == 0


@needs("chromium")
def test_a_lost_answer_is_sent_again_with_the_same_h(partner: Site, hall: Server, page: Page) -> None:
    sent: list[str] = []

    def lose_the_first(route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        sent.append(route.request.post_data)
        answer = route.fetch()
        route.abort() if len(sent) == 1 else route.fulfill(response=answer)

    show(partner, hall, page)
    page.route("**/api/editions/*/votes", lose_the_first)
    page.locator(".pingxuan-vote button").dblclick()
    expect(page.locator(".pingxuan-vote [role=status]")).to_contain_text("已计入", timeout=20_000)
    assert len(sent) == 2
    first, second = (json.loads(body) for body in sent)
    assert (first["h"], first["cases"]) == (second["h"], second["cases"])
    wait_until(lambda: counted(hall, page) == 1, "the vote is not in tally.json")


@needs("chromium")
def test_it_works_and_keeps_its_look_under_a_strict_policy(partner: Site, hall: Server, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    show(partner, hall, page, policy="default-src 'none'; script-src {hall}; connect-src {hall}")
    button = page.locator(".pingxuan-vote button")
    assert button.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(11, 93, 107)"
    button.click()
    expect(page.locator(".pingxuan-vote [role=status]")).to_contain_text("已计入")
    assert [text for text in said if "favicon" not in text] == []


@needs("chromium")
def test_several_cases_stand_on_one_page_each_where_its_line_is(partner: Site, hall: Server, page: Page) -> None:
    show(partner, hall, page, CASE, OTHER, more=' data-lang="en" data-style="none"', lang="en")
    expect(page.locator(".pingxuan-vote")).to_have_count(2)
    drawn = page.evaluate("[...document.body.children].map(node => node.className || node.tagName)")
    assert drawn == ["H1", "SCRIPT", "pingxuan-vote", "P", "SCRIPT", "pingxuan-vote"]
    assert page.locator(".pingxuan-vote").first.evaluate("node => [node.lang, node.style.length]") == ["en", 0]
    page.locator(".pingxuan-vote button").first.click()
    expect(page.locator(".pingxuan-vote [role=status]").first).to_contain_text("Your vote is counted. Next vote:")


@needs("chromium")
def test_axe_finds_no_violation_in_it(partner: Site, hall: Server, page: Page) -> None:
    show(partner, hall, page)
    page.locator(".pingxuan-vote button").click()
    expect(page.locator(".pingxuan-vote [role=status]")).to_contain_text("已计入")
    results = Axe().run(page, context=".pingxuan-vote")
    assert [(each["id"], each["nodes"][0]["html"]) for each in results.response["violations"]] == []


@needs("npm")
def test_the_script_is_es5(tmp_path: Path) -> None:
    (tmp_path / "embed.js").write_text(fixed.embed(), "utf-8")
    command = [str(NODE_MODULES / ".bin" / "es-check"), "es5", str(tmp_path / "embed.js")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_script_says_the_halls_words_and_is_plain_ascii() -> None:
    text = fixed.embed()
    assert text.isascii()
    source = (ROOT / "theme/partners/embed.js").read_text("utf-8")
    said = fixed.SAID.findall(source)
    assert len(said) == source.count("say(") - 1  # its definition
    hall = "".join(
        (ROOT / "theme/templates" / name).read_text("utf-8")
        for name in ("vote.html", "vote_words.html", "vote_rule.html", "receipt.html")
    )
    assert [words for words in said if words not in hall] == []
    assert all(words in source for words in (REFUSALS["foreign_origin"].zh, REFUSALS["foreign_origin"].en))


def test_the_site_has_it_and_the_document_of_the_api_under_names_that_stay(content: Path, tmp_path: Path) -> None:
    site = built(content, tmp_path / "site", tmp_path / "var")
    assert site["embed.js"].decode() == fixed.embed()
    assert json.loads(site["openapi.json"]) == json.loads((ROOT / "functions/openapi.json").read_text("utf-8"))
