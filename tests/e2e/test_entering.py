"""From a blank form to an approved case: an entrant on a phone, an editor at the desk, and what nobody else ever reads.

Everything runs as in use: the server, the mails as files, the editors' verbs on the same PINGXUAN_VAR, a copy of
content/ under git. The search for private values is tried on planted ones first.
"""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from applying import JINAN, QINGDAO, Answers, begun, field, fill, saved, scan, typed, upload
from arriving import jpeg
from docx import Document
from engines import needs
from halls import PHONE, ROOT, Server, wait_until
from playwright.sync_api import Browser, Page, expect
from submissions import complete

pytestmark = needs("chromium")
OPEN = {QINGDAO: "2020-08-01T10:00:00+08:00", JINAN: "2021-12-01T10:00:00+08:00"}
SCREENED = {QINGDAO: "2020-08-03T09:00:00+08:00", JINAN: "2021-12-03T09:00:00+08:00"}
CATEGORY = {QINGDAO: "qy", JINAN: "qt"}
SCANS = {QINGDAO: ("signed_form", "signed_statement"), JINAN: ("signed_form", "declaration")}
SIGHT = {  # the case as visitors read it, after its number: title, label, story, facts
    QINGDAO: (
        "园区云服务平台",
        {
            "申报单位": "示例经济开发区管理委员会",
            "类别 / 领域": "企业服务类 / 园区云服务",
            "投入运行": "2019年8月30日",
        },
        "管委会没有替企业做决定，而是先请二十家试用。",
        {},
    ),
    JINAN: (
        "设备联网与能耗管理平台",
        {"申报单位": "示例智造科技有限公司", "类别": "其他"},
        "项目简介\n三百家工厂的设备连成一张网，能耗降了百分之九。\n四、项目成效\n每年省电410万度。",
        {
            "推荐单位（所在区县）": "历下区",
            "单位简介": "公司做设备联网，有员工一百二十人。",
            "其他领域名称": "绿色低碳",
        },
    ),
}
# What tells a value from the choices and figures of a form: these kinds are looked for, private or not.
WRITTEN = {"text", "long_text", "phone", "email", "uscc"}
Publish = Callable[..., str]


def answers_of(edition: str) -> Answers:
    """Complete answers as they are typed into the page, each private text unlike all that the hall says."""
    answers = complete(edition)
    if edition == JINAN:
        answers |= {"recommended_by": "lixia", "supporting": answers["proof_of_completion"][:1], "remarks": "备注从略"}
        answers |= {"project_type": "设备联网一类"}
        answers["schedule"] = [{"task": "在两家工厂试点", "months": {"from": "2020-03", "to": "2020-09"}}]
        del answers["recommended_by_other"]
    return answers


@pytest.fixture
def content(tmp_path: Path, edition: str) -> Path:
    """A copy of content/ with this edition alone, for the time it takes, in a repository of its own."""
    others = [f"{each.name}*" for each in (ROOT / "content" / "editions").iterdir() if each.name != edition]
    shutil.copytree(ROOT / "content", tmp_path / "desk" / "content", ignore=shutil.ignore_patterns(*others))
    git(tmp_path / "desk", "init", "--quiet")
    commit(tmp_path / "desk", "as it was")
    return tmp_path / "desk" / "content"


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """A verb of the editors, on the var of the server and in the repository of the copy; what it printed."""

    def run(*arguments: str | Path, fails: bool = False, folder: Path = tmp_path / "desk") -> str:
        command = [sys.executable, str(ROOT / "publish.py"), *map(str, arguments)]
        environment = os.environ | {"PINGXUAN_VAR": str(tmp_path), "COLUMNS": "200"}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture
def phone(browser: Browser) -> Iterator[Callable[[], Page]]:
    """A phone that remembers nothing, as often as asked for; the one before is put away."""
    contexts = []

    def another() -> Page:
        for context in contexts:
            context.close()
        contexts[:] = [browser.new_context(**PHONE, locale="zh-CN")]
        contexts[0].set_default_timeout(10_000)
        return contexts[0].new_page()

    yield another
    for context in contexts:
        context.close()


def git(folder: Path, *arguments: str) -> bytes:
    who = ["-c", "user.name=Editor", "-c", "user.email=editor@hall.example", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, check=True).stdout


def commit(folder: Path, what: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", what)


def mail(var: Path, holding: str) -> str:
    """The text of the mail that holds these words, once it is there."""

    def found() -> str | None:
        messages = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in var.glob("mail/*.eml")]
        texts = [f"{each['to']}\n{each['subject']}\n{each.get_body(('plain',)).get_content()}" for each in messages]
        return next((text for text in texts if holding in text), None)

    wait_until(found, f"no mail says {holding}")
    return found() or ""


def halves(answers: Answers) -> tuple[Answers, Answers]:
    """What is typed before leaving, and after coming back."""
    keys = [key for key in answers if key != "consents"]
    first, rest = keys[: len(keys) // 2], keys[len(keys) // 2 :]
    return {key: answers[key] for key in first} | {"consents": {}}, {key: answers[key] for key in [*rest, "consents"]}


def files_of(edition: str, answers: Answers) -> dict[str, list[dict[str, Any]]]:
    """What is uploaded below each field: pictures that say who took them, and scans; their names tell who, too."""
    found: dict[str, list[dict[str, Any]]] = {}
    for key, value in answers.items():
        if not (isinstance(value, list) and value and "digest" in value[0]):
            continue
        if key == "pictures":
            taken = [(f"林某的手机{at}.jpg", jpeg(at + 1)) for at in range(len(value))]
            found[key] = [{"name": name, "mimeType": "image/jpeg", "buffer": data} for name, data in taken]
        else:
            found[key] = [scan(f"{edition}-{key}-林某{at}.pdf") for at in range(len(value))]
    return found


def printed(page: Page, button: str) -> str:
    """All that the filled paper says, read as Word would."""
    with page.expect_download() as downloaded:
        page.locator("#check").get_by_role("button", name=button).click()
    paper = Document(str(downloaded.value.path()))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in paper.paragraphs), *cells])


def enter(server: Server, var: Path, phone: Callable[[], Page], edition: str, answers: Answers) -> tuple[str, str]:
    """Fill, leave, resume by the mailed link, fill the rest, print, upload, submit; the private link, the number."""
    first, rest = halves(typed(answers))
    page = phone()
    begun(server, page, edition, "lin@example.org")
    fill(page, first)
    page.locator("#check-title").focus()
    saved(page)
    link = re.search(rf"{server.url}/{edition}/apply/#\S+", mail(var, "#"))
    assert link
    page = phone()
    page.goto(link[0])
    for key in ("title", "entrant", "contact_name"):
        if key in first:
            expect(field(page, key).locator(".in")).to_have_value(str(first[key]))
    fill(page, rest)
    uploads = files_of(edition, answers)
    signed = {key: uploads.pop(key) for key in SCANS[edition]}
    for key, files in uploads.items():
        upload(page, key, *files)
    said = printed(page, "填好的申报表（.docx）")
    assert [value for value in texts(edition, answers) if value not in plain(said)] == []
    assert answers["entrant"] in printed(page, "承诺书（.docx）")
    for key, files in signed.items():
        upload(page, key, *files)
    expect(page.locator("#state")).to_have_text("已经填写齐全，可以提交。")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#number")).to_have_text(re.compile(rf"{edition[-4:]}-\d{{4}}"))
    return link[0], page.locator("#number").inner_text()


def texts(edition: str, answers: Answers, *, public: bool | None = None) -> list[str]:
    """The texts of the answers, as form.toml flags their fields; public=None: all of them."""
    form = tomllib.loads((ROOT / "content" / "editions" / edition / "form.toml").read_text("utf-8"))
    found = []
    for asked in form["fields"]:
        flagged = asked.get("public", False) and not asked.get("personal", False)
        if public is None or public is flagged:
            columns = {each["key"]: each["kind"] for each in asked.get("columns", [])}
            rows = answers.get(asked["key"], []) if columns else [{asked["key"]: answers.get(asked["key"])}]
            kinds = columns or {asked["key"]: asked["kind"]}
            found += [value for row in rows for key, value in row.items() if value and kinds[key] in WRITTEN]
    return list(dict.fromkeys(plain(value) for value in found))


def plain(text: str) -> str:
    """Without spaces and signs that a page or a printer may put elsewhere."""
    return re.sub(r"[\s\u3000]+", "", text)


def secrets_of(edition: str, answers: Answers, link: str) -> set[str]:
    """What must be nowhere: private texts that nothing public says, both halves of the link, names of files."""
    shown = "\n".join(texts(edition, answers, public=True))
    found = {value for value in texts(edition, answers, public=False) if len(value) > 1 and value not in shown}
    found |= {"lin@example.org", "SecretMaker", *link.partition("#")[2].split(".", 1)}
    found |= {file["name"] for files in files_of(edition, answers).values() for file in files}
    for key in ("contact_name", "contact_phone", "contact_email", "uscc"):
        assert answers[key] in found
    return found


def spellings(secret: str) -> Iterator[bytes]:
    """The secret as a page, JSON or an address may spell it; of a telephone also the digits alone."""
    for written in {secret, json.dumps(secret)[1:-1], quote(secret)}:
        yield written.encode()
    if re.fullmatch("[0-9+-]{8,}", secret):
        yield from (secret.replace("-", "").encode(), secret.rpartition("-")[2].encode())


def found_in(files: dict[str, bytes], secrets: set[str], originals: list[bytes]) -> set[str]:
    """Which of the secrets stand anywhere in these files or their names; "an original" for an upload as it came."""
    whole = b"\n".join([*(name.encode() + b"\n" + data for name, data in files.items())])
    for data in files.values():
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                whole += b"".join(packed.read(name) for name in packed.namelist())
    found = {"an original"} if any(original in whole for original in originals) else set()
    squeezed = re.sub(rb"\s+|\xe3\x80\x80", b"", whole)
    return found | {secret for secret in secrets if any(each in squeezed for each in spellings(secret))}


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def history_of(folder: Path) -> dict[str, bytes]:
    """Everything that git keeps: every commit, folder and file there ever was."""
    return {"objects": git(folder, "cat-file", "--batch-all-objects", "--batch", "--buffer", "--unordered")}


def plant(folder: Path, case: str, secrets: set[str], original: bytes) -> None:
    """The passed case as a careless editor would have it: with everything private in its story, and a raw picture."""
    path = folder / "cases" / f"{case}.md"
    shown = re.search(r'file = "([^"]+)"', path.read_text("utf-8"))
    assert shown
    (folder / "pictures" / shown[1]).write_bytes(original)
    with path.open("a", encoding="utf-8") as file:
        file.write("\n```\n" + "\n".join(sorted(secrets)) + "\n```\n")


def read(page: Page, path: Path) -> tuple[str, dict[str, str], str, dict[str, str]]:
    """The case's page as a visitor reads it: title, label, story, facts."""
    page.goto(path.as_uri())

    def pairs(where: str) -> dict[str, str]:
        rows = page.locator(f"{where} > dl.label > div")
        return {row.locator("dt").inner_text(): row.locator("dd").inner_text() for row in rows.all()}

    story = "\n".join(filter(None, page.locator(".story").inner_text().splitlines()))
    return page.locator("h1").inner_text(), pairs(".exhibit > header"), story, pairs(".facts")


def recommend(server: Server, publish: Publish, page: Page, title: str) -> None:
    """The district recommends the case, by the link that the desk lists."""
    listed = publish("recommending", JINAN, "--hall", server.url)
    link = re.search(rf"{server.url}/{JINAN}/recommending/#lixia\.\S+", listed)
    assert link
    page.goto(link[0])
    expect(page.locator("#named h2")).to_have_text(title)
    page.get_by_role("radio", name="同意推荐").check()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#named .by")).to_contain_text("已推荐")


@pytest.mark.parametrize("edition", [QINGDAO, JINAN])
def test_a_case_goes_from_a_blank_form_to_the_hall_and_nothing_private_goes_with_it(  # noqa: PLR0917 fixtures
    serve: Callable[..., Server],
    tmp_path: Path,
    content: Path,
    publish: Publish,
    phone: Callable[[], Page],
    edition: str,
) -> None:
    server, answers, desk = serve(OPEN[edition]), answers_of(edition), content.parent
    link, number = enter(server, tmp_path, phone, edition, answers)
    case = number.replace("-", f"-{CATEGORY[edition]}-")
    assert answers["title"] in mail(tmp_path, f"编号：{number}")
    if edition == JINAN:
        recommend(server, publish, phone(), answers["title"])

    assert "1 submissions, 1 new or changed" in publish("pull", edition, "--content", content)
    said = ("--reason", "材料齐全。", "--by", "林编辑", "--as-of", SCREENED[edition], "--content", content)
    assert f"{number} is passed: case {case}." in publish("screen", edition, "pass", "--case", number, *said)
    assert "材料齐全。" in mail(tmp_path, "通过初审")

    # A careless editor's copy first: what is private there is found, each value of it.
    secrets, public = secrets_of(edition, answers, link), set(texts(edition, answers, public=True))
    originals = [file["buffer"] for files in files_of(edition, answers).values() for file in files]
    careless = tmp_path / "careless"
    shutil.copytree(desk, careless)
    plant(careless / "content" / "editions" / edition, case, secrets, originals[0])
    publish("guard", "--all", folder=careless, fails=True)
    commit(careless, "careless")
    publish("build", "--content", careless / "content", "--to", careless / "site")
    assert found_in(files_below(careless / "site"), secrets, originals) == secrets | {"an original"}
    assert found_in(history_of(careless), secrets, originals) == secrets | {"an original"}

    publish("guard", "--all")
    commit(desk, "screened")
    publish("build", "--content", content, "--to", tmp_path / "built")
    assert found_in(files_below(tmp_path / "built"), secrets, originals) == set()
    assert found_in(history_of(desk), secrets, originals) == set()

    page, path = phone(), tmp_path / "built" / edition / "cases" / case / "index.html"
    assert found_in({"page": path.read_bytes()}, public, []) == public
    title, label, story, facts = read(page, path)
    assert label.pop("编号") == case
    assert (title, label, story, facts) == SIGHT[edition]
    expect(page.locator(".pictures img")).to_have_count(len(answers["pictures"]))
